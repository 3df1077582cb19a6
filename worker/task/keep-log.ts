import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import type { S3Client } from "@aws-sdk/client-s3";
import { systemCode, toError } from "../../lib/errors.ts";
import type { Outcome } from "../../lib/items/item.ts";
import { type LogPlace, logKey } from "../../lib/logs/log-key.ts";
import { shareRoom } from "../../lib/logs/log-tail.ts";
import { LOG_ON_ROW_BYTES } from "../../lib/store/log-on-row.ts";
import { lineEndsHint } from "./line-ends.ts";
import { memoryHint } from "./memory-hint.ts";
import type { TaskLogs, TaskRun } from "./run-task.ts";
import type { LogFile, LogTarget } from "./store-log.ts";
import { TaggedLines } from "./tagged-lines.ts";

/** The part of an outcome that describes what the task printed. */
export type KeptLog = Pick<Outcome, "log" | "logBytes" | "logKeys" | "message">;

/** Where a log that is too long for the row goes. */
export type KeepLogOptions = LogPlace &
  Omit<LogTarget, "s3"> & {
    openS3: () => Promise<S3Client>;
    /** reads only the tails: stores nothing, and finds tagged lines only in the tails */
    tailsOnly?: boolean;
  };

/**
 * Returns the part of a task's output that goes on the row, and stores a long log in the bucket. Never throws, because
 * a log that cannot be stored must not lose a result. Adds the error message, and what the log looks like, to the
 * outcome's own message.
 */
export async function keepLog(run: Pick<TaskRun, "outcome" | "logs">, options: KeepLogOptions): Promise<KeptLog> {
  if (!run.logs) return {};
  const kept = await keepFiles(run.logs, options);
  const endsHint = run.outcome.cause === undefined ? undefined : lineEndsHint(kept.log?.stderr ?? "");
  const hints = [endsHint, memoryHint(run.outcome, kept.log)];
  const message = [run.outcome.message, ...hints, kept.message].filter(Boolean).join("; ");
  return { ...kept, ...(message && { message }) };
}

async function keepFiles(paths: TaskLogs, options: KeepLogOptions): Promise<KeptLog> {
  const open: OpenLog[] = [];
  try {
    const stdout = openLog({ path: paths.stdoutPath, rest: paths.rest?.stdout }, open);
    const stderr = openLog({ path: paths.stderrPath, rest: paths.rest?.stderr }, open);
    return await keep(stdout, stderr, options);
  } catch (error) {
    return { message: `its log could not be read: ${toError(error).message}` };
  } finally {
    for (const { fd } of open) if (fd !== undefined) closeSync(fd);
  }
}

const NOTHING = Buffer.alloc(0);

interface OpenLog extends LogFile {
  fd?: number;
}

async function keep(stdout: OpenLog, stderr: OpenLog, options: KeepLogOptions): Promise<KeptLog> {
  const logBytes = stdout.bytes + stderr.bytes;
  if (logBytes === 0) return { logBytes };
  const ends = { stdout: readEnd(stdout), stderr: readEnd(stderr) };
  const tails = shareRoom(ends.stdout, ends.stderr, LOG_ON_ROW_BYTES);
  const tagged = new TaggedLines();
  if (logBytes <= LOG_ON_ROW_BYTES || options.tailsOnly) {
    for (const bytes of [ends.stdout, ends.stderr]) {
      tagged.push(bytes);
      tagged.endStream();
    }
    return { log: { ...tails, tagged: tagged.lines() }, logBytes };
  }
  const stored = await storeBoth({ stdout, stderr }, tagged, options);
  return { log: { ...tails, tagged: tagged.lines() }, logBytes, ...stored };
}

async function storeBoth(
  logs: Record<"stdout" | "stderr", OpenLog>,
  tagged: TaggedLines,
  options: KeepLogOptions,
): Promise<Pick<KeptLog, "logKeys" | "message">> {
  const logKeys: NonNullable<Outcome["logKeys"]> = {};
  const problems: string[] = [];
  // most workers never see a long log
  const { storeLog } = await import("./store-log.ts");
  const target = { ...options, s3: await options.openS3() };
  for (const name of ["stdout", "stderr"] as const) {
    if (logs[name].bytes === 0) continue;
    const key = logKey(options, name);
    const error = await storeLog(logs[name], key, tagged, target);
    if (error) problems.push(`${name} could not be stored: ${error.message}`);
    else logKeys[name] = key;
  }
  return {
    ...(Object.keys(logKeys).length > 0 && { logKeys }),
    ...(problems.length > 0 && { message: problems.join("; ") }),
  };
}

/** There is no file if nothing was printed, or if the script removed it; that counts as empty. */
function openLog({ path, rest = NOTHING }: { path: string; rest?: Buffer | undefined }, open: OpenLog[]): OpenLog {
  const log: OpenLog = { path, fileBytes: 0, bytes: rest.length, rest };
  if (!existsSync(path)) return log;
  try {
    log.fd = openSync(path, "r");
    open.push(log);
    log.fileBytes = fstatSync(log.fd).size;
    log.bytes += log.fileBytes;
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
  return log;
}

function readEnd({ fd, fileBytes, rest }: OpenLog): Buffer {
  // One byte more than fits shows that the log was cut.
  const most = LOG_ON_ROW_BYTES + 1;
  const end = rest.subarray(Math.max(0, rest.length - most));
  const length = Math.min(fileBytes, most - end.length);
  if (fd === undefined || length === 0) return end;
  const buffer = Buffer.alloc(length);
  return Buffer.concat([buffer.subarray(0, readSync(fd, buffer, 0, length, fileBytes - length)), end]);
}
