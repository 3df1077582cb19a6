/*
 * The cost of publishing results, in a folder and in the embedded S3, compared with a plain copy and plain uploads by
 * the SDK, one after another. The server is in this process, so its CPU time is included in both. Prints JSON. `node
 * bench/results.ts [MB of the large file]`
 */
import { createReadStream } from "node:fs";
import { cp, mkdir, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import { s3Client } from "../lib/s3-client.ts";
import { FolderPublisher } from "../worker/results/folder-publisher.ts";
import type { Publisher, ResultRun } from "../worker/results/publisher.ts";
import { S3Publisher } from "../worker/results/s3-publisher.ts";
import { inNewFolder, median, withStack } from "./stack.ts";

const megabytes = Number(process.argv[2] ?? 1_024);
const KB = 1_024;
const CASES = [
  { what: "1 file of 1 kB", files: 1, bytes: KB, times: 30 },
  { what: "1,000 files of 1 kB", files: 1_000, bytes: KB, times: 3 },
  { what: `1 file of ${megabytes} MB`, files: 1, bytes: megabytes * KB * KB, times: 2 },
];
const AT_ONCE = 16;

interface Figures {
  wallMs: number;
  cpuMs: number;
}

async function measured(act: () => Promise<unknown>): Promise<Figures> {
  const [cpu, startedAt] = [process.cpuUsage(), performance.now()];
  await act();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - startedAt, cpuMs: (user + system) / 1_000 };
}

function middle(figures: readonly Figures[]): Figures {
  const of = (name: keyof Figures) => Math.round(median(figures.map((one) => one[name])) * 10) / 10;
  return { wallMs: of("wallMs"), cpuMs: of("cpuMs") };
}

async function fill(folder: string, { files, bytes }: { files: number; bytes: number }): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  if (bytes <= KB * KB) {
    for (let n = 0; n < files; n++) await writeFile(join(folder, `${n}`), Buffer.alloc(bytes, n));
    return;
  }
  const handle = await open(join(folder, "0"), "w");
  const piece = Buffer.alloc(KB * KB, "acgt");
  for (let at = 0; at < bytes; at += piece.length) await handle.write(piece);
  await handle.close();
}

const found = await withStack(({ stack, table }) =>
  inNewFolder(async (dir) => {
    const s3 = s3Client(stack.env);
    const rows: unknown[] = [];
    const at = { folder: join(dir, "results") };
    const bucket = { bucket: "bench", prefix: "results" };
    const deps = { openS3: async () => s3, table, insist: <T>(_: string, call: () => Promise<T>) => call() };
    const publishers: [string, Publisher][] = [
      ["folder", new FolderPublisher(table, at, true)],
      ["S3", new S3Publisher(bucket, deps)],
    ];
    const out = join(dir, "out");
    let attempt = 0;
    const publish = async (publisher: Publisher) => {
      const run: ResultRun = { step: "s", taskId: "S1", itemId: `a${++attempt}`, attempt: 1, lockId: "lock" };
      const staged = await publisher.stage({ run, out, nowMs: Date.now(), signal: new AbortController().signal });
      await staged?.publish();
    };
    const plain = async (place: string) => {
      attempt++;
      if (place === "folder") return await cp(out, join(dir, "copies", `${attempt}`), { recursive: true });
      await sideBySide(await readdir(out), AT_ONCE, async (name) => {
        const [path, Key] = [join(out, name), `plain/${attempt}/${name}`];
        const small = async () => s3.send(new PutObjectCommand({ Bucket: "bench", Key, Body: await readFile(path) }));
        const large = () =>
          new Upload({ client: s3, params: { Bucket: "bench", Key, Body: createReadStream(path) } }).done();
        await (name === "0" && (await open(path).then((file) => sizeOf(file))) > 5 * KB * KB ? large() : small());
      });
    };
    for (const one of CASES) {
      for (const [place, publisher] of publishers) {
        const [own, other]: [Figures[], Figures[]] = [[], []];
        for (let n = 0; n < one.times; n++) {
          await fill(out, one);
          other.push(await measured(() => plain(place)));
          own.push(await measured(() => publish(publisher)));
          await rm(join(dir, "copies"), { recursive: true, force: true });
        }
        rows.push({ what: one.what, place, published: middle(own), plain: middle(other) });
      }
    }
    s3.destroy();
    return rows;
  }),
);
process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);

async function sizeOf(file: Awaited<ReturnType<typeof open>>): Promise<number> {
  const { size } = await file.stat();
  await file.close();
  return size;
}
