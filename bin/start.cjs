// What bin/launch.sh starts: old versions of Node.js cannot even read anamo.js, and would say so with a stack trace.
require("./check-node.cjs");
void import("./anamo.js");
