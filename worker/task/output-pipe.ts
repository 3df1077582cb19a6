import { closeSync, constants, fchmodSync, openSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { agreeing } from "../../lib/counted.ts";
import { systemCode, toError } from "../../lib/errors.ts";

/** How much is kept of what does not fit on the disk: the end of it. */
const MOST_KEPT = 256 * 1024;
const READ_BYTES = 64 * 1024;
/** Only root can make a pipe hold more (`/proc/sys/fs/pipe-max-size`), so anything left after that is newer. */
const MOST_IN_PIPE = 1024 * 1024;

/**
 * Up to this much output needs no file: creating, reading and removing one costs as much as a tenth of a short task.
 */
const MOST_IN_MEMORY = 16 * 1024;

/** What happened to a task's output on one stream. */
export interface PipeEnd {
  /** what kept the end of the output out of the file */
  problem?: Error;
  /**
   * short output without a file, or the end of the output, which continues the file; absent if the file has all of it
   */
  rest?: Buffer;
}

/**
 * Copies what tasks print into a named pipe to the log file of the running task. A script that opens `/dev/stderr` or
 * `/proc/self/fd/1` opens its output a second time: with a file, that truncates the log and writes from its start; with
 * a pipe, it only adds to what was printed so far.
 */
export class OutputPipe {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);
  #path?: string;
  #file?: number;
  #problem?: Error;
  /** output so far, while it is short and there is no file */
  #first: Buffer[] = [];
  #firstBytes = 0;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #droppedBytes = 0;

  /** `path`: an existing named pipe. */
  constructor(path: string) {
    // Also opened for writing, so that it has no end while no task has it open.
    this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    // Tasks may only write, even as another user (sudo -u): a command that reads /dev/stdout must not take bytes away.
    fchmodSync(this.#fd, 0o222);
    // One buffer for everything, because gigabytes of output must not become gigabytes of garbage.
    const onread = {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback: (bytes: number, buffer: Uint8Array) => this.#write(buffer.subarray(0, bytes)),
    };
    this.#socket = new Socket({ fd: this.#fd, readable: true, writable: false, onread });
    this.#socket.on("error", () => {});
    this.#socket.resume();
  }

  /** From now on, output goes to this file, which is created once there is more than fits in memory. */
  begin(path: string): void {
    this.#path = path;
  }

  /** Ends the output of a task, after reading the pipe if it may hold more. */
  end({ mayHoldMore }: { mayHoldMore: boolean }): PipeEnd {
    for (let left = mayHoldMore ? MOST_IN_PIPE : 0; left > 0; ) {
      const bytes = this.#readNow();
      if (bytes === 0) break;
      this.#write(this.#buffer.subarray(0, bytes));
      left -= bytes;
    }
    this.#closeFile();
    const end: PipeEnd = this.#problem ? { problem: this.#problem, rest: this.#takeRest() } : {};
    if (this.#firstBytes > 0) end.rest = Buffer.concat([...this.#takeFirst(), ...(end.rest ? [end.rest] : [])]);
    this.#path = this.#file = this.#problem = undefined;
    return end;
  }

  close(): void {
    this.end({ mayHoldMore: false });
    this.#socket.destroy();
  }

  /** Network disks (NFS) and quotas report only now that something does not fit; the task has ended anyway. */
  #closeFile(): void {
    try {
      if (this.#file !== undefined) closeSync(this.#file);
    } catch (error) {
      this.#problem ??= toError(error);
    }
  }

  #readNow(): number {
    try {
      return readSync(this.#fd, this.#buffer, 0, READ_BYTES, null);
    } catch (error) {
      if (systemCode(error) !== "EAGAIN") this.#problem ??= toError(error);
      return 0;
    }
  }

  /** Returns true, so that reading continues. Output that a full disk cannot take is kept in memory. */
  #write(bytes: Uint8Array): boolean {
    if (this.#path === undefined) return true;
    if (this.#problem) return this.#keep(bytes);
    if (this.#file === undefined) {
      if (this.#firstBytes + bytes.length <= MOST_IN_MEMORY) {
        this.#first.push(Buffer.from(bytes));
        this.#firstBytes += bytes.length;
        return true;
      }
      for (const first of this.#takeFirst()) this.#writeFile(this.#path, first);
    }
    this.#writeFile(this.#path, bytes);
    return true;
  }

  #writeFile(path: string, bytes: Uint8Array): void {
    let at = 0;
    try {
      if (this.#problem) return void this.#keep(bytes);
      this.#file ??= openSync(path, "a", 0o600);
      while (at < bytes.length) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      this.#problem ??= toError(error);
      this.#keep(bytes.subarray(at));
    }
  }

  #takeFirst(): Buffer[] {
    const first = this.#first;
    this.#first = [];
    this.#firstBytes = 0;
    // many short lines: one write
    return first.length > 1 ? [Buffer.concat(first)] : first;
  }

  #keep(bytes: Uint8Array): true {
    // many short lines take more space separately than together
    if (this.#rest.length > 1_000) this.#rest = [Buffer.concat(this.#rest.slice(0, 500)), ...this.#rest.slice(500)];
    this.#rest.push(Buffer.from(bytes));
    this.#restBytes += bytes.length;
    while (this.#restBytes - (this.#rest[0]?.length ?? 0) >= MOST_KEPT) {
      const bytes = this.#rest.shift()?.length ?? 0;
      this.#restBytes -= bytes;
      this.#droppedBytes += bytes;
    }
    return true;
  }

  #takeRest(): Buffer {
    const gap = this.#droppedBytes > 0 ? `\n[anamo: ${missingText(this.#droppedBytes)} missing here: full disk]\n` : "";
    const rest = Buffer.concat([Buffer.from(gap), ...this.#rest]);
    this.#rest = [];
    this.#restBytes = this.#droppedBytes = 0;
    return rest;
  }
}

function missingText(bytes: number): string {
  return `${bytes} ${agreeing(bytes, "byte is", "bytes are")}`;
}
