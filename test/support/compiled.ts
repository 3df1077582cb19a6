import { tmpdir } from "node:os";
import { join } from "node:path";

/*
 * Imported by each vitest configuration: every process that a test starts takes compiled code from the same folder as
 * `bin/anamo.js`. Compiling everything again costs 0.4 s of processor time for each start of a worker, and 0.16 s for
 * dynalite.
 */
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), "node-compile-cache");
