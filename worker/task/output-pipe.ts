import { closeSync, constants, fchmodSync, openSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { systemCode, toError } from "../../lib/errors.ts";

const READ_BYTES = 64 * 1024;
/** No user but root can make a pipe hold more (`/proc/sys/fs/pipe-max-size`): what is left after that is newer. */
const MOST_IN_PIPE = 1024 * 1024;

/**
 * Copies what tasks print into a named pipe to the log file of the task that is running. A script that opens
 * `/dev/stderr` or `/proc/self/fd/1` opens its output a second time: on a file that truncates the log and writes from
 * its start, on a pipe it only adds to what was printed so far.
 */
export class OutputPipe {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);
  #path?: string;
  #file?: number;
  #problem?: Error;

  /** `path`: an existing named pipe. */
  constructor(path: string) {
    // Opened for writing too, so that it has no end while no task has it open.
    this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    // Tasks may only write, also as another user (sudo -u): a command that reads /dev/stdout must not take bytes away.
    fchmodSync(this.#fd, 0o222);
    // One buffer for everything: gigabytes of output must not become gigabytes of garbage.
    const onread = {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback: (bytes: number, buffer: Uint8Array) => this.#write(buffer.subarray(0, bytes)),
    };
    this.#socket = new Socket({ fd: this.#fd, readable: true, writable: false, onread });
    this.#socket.on("error", () => {});
    this.#socket.resume();
  }

  /** From now on, output goes to this file, which is made when the first byte comes. */
  begin(path: string): void {
    this.#path = path;
  }

  /**
   * Ends the output of a task, after a look into the pipe if it may hold more. Returns what kept some of the output
   * from being written.
   */
  end(mayHoldMore: boolean): Error | undefined {
    for (let left = mayHoldMore ? MOST_IN_PIPE : 0; left > 0; ) {
      const bytes = this.#readNow();
      if (bytes === 0) break;
      this.#write(this.#buffer.subarray(0, bytes));
      left -= bytes;
    }
    if (this.#file !== undefined) closeSync(this.#file);
    const problem = this.#problem;
    this.#path = this.#file = this.#problem = undefined;
    return problem;
  }

  close(): void {
    this.end(false);
    this.#socket.destroy();
  }

  #readNow(): number {
    try {
      return readSync(this.#fd, this.#buffer, 0, READ_BYTES, null);
    } catch (error) {
      if (systemCode(error) === "EAGAIN") return 0;
      throw error;
    }
  }

  /** Returns true: the pipe is read on. What a full disk cannot take is dropped, or the script would hang. */
  #write(bytes: Uint8Array): boolean {
    if (this.#path === undefined) return true;
    try {
      this.#file ??= openSync(this.#path, "a", 0o600);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      this.#problem ??= toError(error);
    }
    return true;
  }
}
