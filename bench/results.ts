/*
 * The cost of publishing results, in a folder and in the embedded S3, and of fetching them from S3 as inputs, compared
 * with a plain copy and plain transfers by the SDK, in turns. The server is in this process, so its CPU time is
 * included in both.
 */
import { createReadStream, createWriteStream, existsSync, rmdirSync } from "node:fs";
import { cp, mkdir, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { sideBySide } from "../lib/flow/side-by-side.ts";
import { download } from "../lib/inputs/download.ts";
import { s3Client } from "../lib/s3-client.ts";
import { FolderPublisher } from "../worker/results/folder-publisher.ts";
import type { Publisher, ResultRun } from "../worker/results/publisher.ts";
import { S3Publisher } from "../worker/results/s3-publisher.ts";
import { inNewFolder, withStack } from "./stack.ts";

const KB = 1_024;
const MB = KB * KB;
/** Files above this size take several requests. */
const SMALL = 5 * MB;
const CASES = [
  { what: "1 file of 1 kB", files: 1, bytes: KB, times: 30 },
  { what: "1,000 files of 1 kB", files: 1_000, bytes: KB, times: 3 },
  { what: "1 file of 1 GB", files: 1, bytes: KB * MB, times: 2 },
];
const NOTHING = 300;
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

/** The least of several runs: other programs only ever add to it. */
function least(figures: readonly Figures[]): Figures {
  const of = (name: keyof Figures) => Math.min(...figures.map((one) => one[name]));
  return { wallMs: of("wallMs"), cpuMs: of("cpuMs") };
}

/** What anamo took, and what a plain copy or transfer took; absent where there is nothing to compare. */
export interface ResultFigures {
  what: string;
  own: Figures;
  plain?: Figures;
}

async function fill(folder: string, { files, bytes }: { files: number; bytes: number }): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  if (bytes <= MB) {
    for (let n = 0; n < files; n++) await writeFile(join(folder, `${n}`), Buffer.alloc(bytes, n));
    return;
  }
  const handle = await open(join(folder, "0"), "w");
  const piece = Buffer.alloc(MB, "acgt");
  for (let at = 0; at < bytes; at += piece.length) await handle.write(piece);
  await handle.close();
}

/** Measures all cases; takes some minutes, and 5 GB of disk. */
export function resultFigures(): Promise<ResultFigures[]> {
  return withStack(({ stack, table }) =>
    inNewFolder(async (dir) => {
      const s3 = s3Client(stack.env);
      const deps = { openS3: async () => s3, table, insist: <T>(_: string, call: () => Promise<T>) => call() };
      const publishers: [string, Publisher][] = [
        ["into a folder", new FolderPublisher(table, { folder: join(dir, "results") }, true)],
        ["to S3", new S3Publisher({ bucket: "bench", prefix: "results" }, deps)],
      ];
      const rows: ResultFigures[] = [];
      for (const [where, publisher] of publishers) {
        for (const one of CASES) rows.push(await published({ dir, s3, where, publisher }, one));
      }
      for (const one of CASES) rows.push(await fetched({ dir, s3 }, one));
      for (const [where, publisher] of publishers) rows.push(await nothing({ dir, where, publisher }));
      s3.destroy();
      return rows;
    }),
  );
}

type Case = (typeof CASES)[number];
type To = { dir: string; s3: S3Client; where: string; publisher: Publisher };
let items = 0;

const newRun = (): ResultRun => ({ step: "s", taskId: "S1", itemId: `a${++items}`, attempt: 1, lockId: "lock" });

async function publish(publisher: Publisher, out: string): Promise<void> {
  const signal = new AbortController().signal;
  const staged = await publisher.stage({ run: newRun(), out, nowMs: Date.now(), signal });
  await staged?.publish();
}

async function published({ dir, s3, where, publisher }: To, one: Case): Promise<ResultFigures> {
  const [out, copies] = [join(dir, "out"), join(dir, "copies")];
  const plain = where === "to S3" ? () => sent(s3, out) : () => cp(out, copies, { recursive: true });
  const [own, other]: [Figures[], Figures[]] = [[], []];
  for (let n = 0; n < one.times; n++) {
    await fill(out, one);
    other.push(await measured(plain));
    own.push(await measured(() => publish(publisher, out)));
    for (const folder of [copies, join(dir, "results")]) await rm(folder, { recursive: true, force: true });
  }
  return { what: `${one.what}, ${where}`, own: least(own), plain: least(other) };
}

/** Plain uploads, which also stay in the bucket to be fetched. */
async function sent(s3: S3Client, out: string): Promise<void> {
  const names = await readdir(out);
  await sideBySide(names, AT_ONCE, async (name) => {
    const [path, Key] = [join(out, name), `plain/${names.length}/${name}`];
    if ((await stat(path)).size > SMALL) {
      await new Upload({ client: s3, params: { Bucket: "bench", Key, Body: createReadStream(path) } }).done();
    } else await s3.send(new PutObjectCommand({ Bucket: "bench", Key, Body: await readFile(path) }));
  });
}

async function fetched({ dir, s3 }: Pick<To, "dir" | "s3">, one: Case): Promise<ResultFigures> {
  const [out, to] = [join(dir, "out"), join(dir, "fetched")];
  await fill(out, one);
  await sent(s3, out);
  const names = await readdir(out);
  const [own, other]: [Figures[], Figures[]] = [[], []];
  for (let n = 0; n < one.times; n++) {
    for (const [figures, fetch] of [
      [other, plainly],
      [own, checked],
    ] as const) {
      await mkdir(to);
      const each = (name: string) =>
        fetch(s3, `plain/${names.length}/${name}`, { path: join(to, name), bytes: one.bytes });
      figures.push(await measured(() => sideBySide(names, AT_ONCE, each)));
      await rm(to, { recursive: true });
    }
  }
  return { what: `${one.what}, from S3`, own: least(own), plain: least(other) };
}

type Target = { path: string; bytes: number };

async function plainly(s3: S3Client, Key: string, { path }: Target): Promise<void> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: "bench", Key }));
  await pipeline(Body as Readable, createWriteStream(path));
}

async function checked(s3: S3Client, key: string, { path, bytes }: Target): Promise<void> {
  await download(s3, { bucket: "bench", key, bytes }, path);
}

/** What a script that leaves nothing costs. */
async function nothing({ dir, where, publisher }: Omit<To, "s3">): Promise<ResultFigures> {
  const all = await measured(async () => {
    for (let n = 0; n < NOTHING; n++) {
      const out = await publisher.makeOut(newRun(), join(dir, `out${n}`));
      await publish(publisher, out);
      if (existsSync(out)) rmdirSync(out);
    }
  });
  return { what: `nothing, ${where}`, own: { wallMs: all.wallMs / NOTHING, cpuMs: all.cpuMs / NOTHING } };
}
