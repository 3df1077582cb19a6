import { tmpdir } from "node:os";
import { join } from "node:path";

/*
 * Imported by each vitest configuration: every process that a test starts takes compiled code from the folder that
 * `bin/anamo.js` uses too. Compiling anew costs a worker 0.4 s of processor time a start, and dynalite 0.16 s.
 */
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), "node-compile-cache");
