import { keepHeapSmall } from "../local/small-heap.ts";
import { doCommandLine } from "./command-line.ts";
import { endWithReader } from "./output/closed-stdout.ts";

/* The `anamo` command as a process. */

endWithReader();
// a list of any length goes through in the same memory: V8 would keep the garbage of some 10,000 items
keepHeapSmall();
await doCommandLine(process.argv.slice(2));
// What is left open now, as a request that is tried again on a stack that is gone, is nothing to wait for.
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write("", resolve));
process.exit();
