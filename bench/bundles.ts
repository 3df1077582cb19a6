import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ServiceCopy } from "../test/support/sls.ts";
import { unzip } from "../test/support/zip.ts";

const FUNCTIONS = ["import", "summarize", "reconcile", "sweep", "launch"] as const;
const ROUNDS = 5;

/** Figures of one deployed function. */
interface BundleFigures {
  name: string;
  /** sizes of the JavaScript and of the uploaded archive */
  bytes: number;
  zippedBytes: number;
  /** time to `require` the handler in a fresh process: median of {@link ROUNDS} */
  coldMs: number;
}

/** Packages the service and loads each function's bundle in fresh processes. */
export async function bundles(): Promise<{ packageMs: number; figures: BundleFigures[] }> {
  const service = await ServiceCopy.make();
  try {
    const startedMs = performance.now();
    await service.package();
    const packageMs = performance.now() - startedMs;
    const figures: BundleFigures[] = [];
    for (const name of FUNCTIONS) {
      const zip = await readFile(join(service.dir, `.serverless/${name}.zip`));
      const [bundle = Buffer.alloc(0)] = unzip(zip).values();
      const file = join(service.dir, `${name}.cjs`);
      await writeFile(file, bundle);
      figures.push({ name, bytes: bundle.length, zippedBytes: zip.length, coldMs: await coldMs(file) });
    }
    return { packageMs, figures };
  } finally {
    await service.remove();
  }
}

async function coldMs(file: string): Promise<number> {
  const code = `const t = performance.now(); require(${JSON.stringify(file)}).handler; console.log(performance.now() - t)`;
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", code], { env: {} });
    times.push(Number(stdout));
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}
