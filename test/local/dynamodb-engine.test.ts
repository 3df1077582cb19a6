import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ConfigError, UsageError } from "../../lib/errors.ts";
import { chooseEngine, DYNOXIDE_FILE } from "../../local/dynamodb/engine.ts";

async function folder(...files: string[]): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-engine-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  for (const file of files) await writeFile(join(dir, file), "");
  return dir;
}

async function installed() {
  const bin = await folder("dynoxide");
  await chmod(join(bin, "dynoxide"), 0o755);
  return {
    env: { PATH: ["/nowhere", bin].join(delimiter) },
    dynoxide: { name: "dynoxide", binary: join(bin, "dynoxide") },
  };
}

test("a new folder gets dynalite, or what ANAMO_DYNAMODB says", async () => {
  const { env, dynoxide } = await installed();
  const dir = join(await folder(), "new");
  expect(await chooseEngine(dir, env)).toEqual({ name: "dynalite" });
  expect(await chooseEngine(dir, { ...env, ANAMO_DYNAMODB: "dynalite" })).toEqual({ name: "dynalite" });
  expect(await chooseEngine(dir, { ...env, ANAMO_DYNAMODB: "dynoxide" })).toEqual(dynoxide);
});

test("a folder keeps the engine that created it", async () => {
  const { env, dynoxide } = await installed();
  const dynalites = await folder("CURRENT");
  expect(await chooseEngine(dynalites, { ...env, ANAMO_DYNAMODB: "dynoxide" })).toEqual({ name: "dynalite" });
  const dynoxides = await folder(DYNOXIDE_FILE);
  expect(await chooseEngine(dynoxides, { ...env, ANAMO_DYNAMODB: "dynalite" })).toEqual(dynoxide);
  expect(await chooseEngine(dynoxides, env)).toEqual(dynoxide);
});

test("without dynoxide on PATH the error says who needs it", async () => {
  const empty = await folder("dynoxide"); // not executable
  const wanted = chooseEngine(empty, { PATH: empty, ANAMO_DYNAMODB: "dynoxide" });
  await expect(wanted).rejects.toThrow(UsageError);
  await expect(wanted).rejects.toThrow("ANAMO_DYNAMODB is dynoxide, but there is no program dynoxide on PATH");
  const dir = await folder(DYNOXIDE_FILE);
  const needed = chooseEngine(dir, { PATH: empty });
  await expect(needed).rejects.toThrow(UsageError);
  await expect(needed).rejects.toThrow(`the tables in ${dir} were created with dynoxide`);
});

test("an unknown engine is rejected", async () => {
  const chosen = chooseEngine(await folder(), { ANAMO_DYNAMODB: "oracle" });
  await expect(chosen).rejects.toThrow(new ConfigError("ANAMO_DYNAMODB must be dynalite or dynoxide, not oracle"));
});
