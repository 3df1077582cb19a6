import { keepDebuggerClosed } from "../lib/process/no-debugger.ts";
import { keepHangupIgnored } from "../lib/process/stop-signals.ts";
import { keepHeapSmall } from "../local/small-heap.ts";
import { doCommandLine } from "./command-line.ts";
import { endWithReader } from "./output/closed-stdout.ts";

/* The `anamo` command as a process. */

keepDebuggerClosed();
keepHangupIgnored();
endWithReader();
// lists of any length need little memory, but V8 would otherwise keep the garbage of about 10,000 items
keepHeapSmall();
await doCommandLine(process.argv.slice(2));
// Do not wait for open handles, such as a request being retried against a stack that has gone.
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write("", resolve));
process.exit();
