// What bin/launch.sh starts: old versions of Node.js cannot even read anamo.js, and would say so with a stack trace.
require("./check-node.cjs");
// Node.js opens its debugger on SIGUSR1: see lib/process/no-debugger.ts, which takes over
process.on("SIGUSR1", () => process.exit(138));
void import("./anamo.js");
