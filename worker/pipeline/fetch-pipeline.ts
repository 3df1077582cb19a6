import { createHash } from "node:crypto";
import { lstat, mkdir, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import { systemCode, toError } from "../../lib/errors.ts";
import type { ObjectName } from "../../lib/import/open-object.ts";
import { makeFolder } from "../../lib/make-folder.ts";
import type { Report } from "../events.ts";
import { archiveText, PipelineError } from "./archive-name.ts";
import { download, etagOf } from "./download.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { runSetup, type SetupOptions } from "./run-setup.ts";
import { folderOfScripts, unpack } from "./unpack.ts";

/** Where the pipeline comes from, and where it is unpacked. */
export interface FetchOptions extends Omit<SetupOptions, "say"> {
  s3: S3Client;
  archive: ObjectName;
  /** folder in which to create the folder for all unpacked archives */
  parent: string;
  report: Report;
  staleLockMs?: number;
}

/**
 * Fetches and unpacks the archive, runs its `setup.sh`, and returns the folder with the scripts. Reuses an archive that
 * was unpacked on this machine before (same ETag), so that a second worker only waits for the first.
 *
 * Each try has its own folder, whose path never changes, because a setup.sh may write it into what it installs. A link
 * created at the very end points to the finished folder, so a pipeline is there completely or not at all.
 */
export async function fetchPipeline(options: FetchOptions): Promise<string> {
  const { archive, report, signal } = options;
  const name = archiveText(archive);
  const startedAt = performance.now();
  try {
    const folder = await findOrMake(options);
    const seconds = Math.round(performance.now() - startedAt) / 1000;
    report({ kind: "pipeline:ready", archive: name, folder, seconds });
    return folder;
  } catch (error) {
    signal.throwIfAborted();
    const isOurs = error instanceof PipelineError || systemCode(error) !== undefined;
    throw isOurs ? new PipelineError(`${name}: ${toError(error).message}`, { cause: error }) : error;
  }
}

async function findOrMake(options: FetchOptions): Promise<string> {
  const { s3, archive, parent, signal, staleLockMs } = options;
  const store = await ownFolder(parent);
  for (;;) {
    const etag = await etagOf(s3, archive, signal);
    const link = join(store, linkName(archive, etag));
    const found = await realpathOf(link);
    const made = async () => (await realpathOf(link)) ?? (await make(options, etag, link));
    const lockDeps = { signal, ...(staleLockMs && { staleMs: staleLockMs }) };
    const folder = found ?? (await oneAtATime(`${link}.lock`, made, lockDeps));
    if (folder !== undefined) return folder;
  }
}

/** Returns undefined if the archive was replaced during the download, so that there is a newer one. */
async function make(options: FetchOptions, etag: string, link: string): Promise<string | undefined> {
  const { s3, archive, report, signal } = options;
  report({ kind: "pipeline:fetching", archive: archiveText(archive) });
  // it may point to a folder that has been removed
  await rm(link, { force: true });
  const unpacked = await mkdtemp(`${link}-`);
  const file = `${unpacked}.tar.gz`;
  let folder: string | undefined;
  try {
    if (!(await download(s3, archive, { etag, file, signal }))) return undefined;
    await unpack(file, unpacked, signal);
    await rm(file);
    const scripts = await folderOfScripts(unpacked);
    await runSetup(scripts, { ...options, say: (line) => report({ kind: "pipeline:output", line }) });
    folder = await publish(link, scripts);
    return folder;
  } finally {
    await rm(file, { force: true });
    if (!folder?.startsWith(unpacked)) await rm(unpacked, { recursive: true, force: true }).catch(() => {});
  }
}

/** The first worker creates the link; the others use the folder that it points to. */
async function publish(link: string, folder: string): Promise<string | undefined> {
  try {
    await symlink(relative(join(link, ".."), folder), link);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
  return realpathOf(link);
}

async function realpathOf(link: string): Promise<string | undefined> {
  try {
    return await realpath(link);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    return undefined;
  }
}

function linkName(archive: ObjectName, etag: string): string {
  const hash = createHash("sha256").update([archive.bucket, archive.key, etag].join("\n")).digest("hex").slice(0, 16);
  const readable = basename(archive.key).replaceAll(/[^\w.-]/g, "_");
  return `${readable.slice(0, 60)}.${hash}`;
}

/** Creates or checks the folder: only this user may write there, because its contents are executed. */
async function ownFolder(parent: string): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const folder = join(parent, `anamo-pipelines-${uid}`);
  await makeFolder(parent);
  await mkdir(folder, { mode: 0o700 }).catch((error) => {
    if (systemCode(error) !== "EEXIST") throw error;
  });
  const facts = await lstat(folder);
  if (facts.isDirectory() && facts.uid === uid && (facts.mode & 0o022) === 0) return realpath(folder);
  throw new PipelineError(
    `${folder} is not a folder that belongs to this user alone: remove it, or give another --scratch`,
  );
}
