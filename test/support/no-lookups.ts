/** NODE_OPTIONS of a process that can look no name up but localhost's, and says on stderr which one it tried. */
export const NO_LOOKUPS = `--import data:text/javascript,${encodeURIComponent(`
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
const lookup = dns.lookup;
dns.lookup = (host, options, done = options) => {
  if (host === "localhost") return lookup(host, options, done);
  process.stderr.write("LOOKED UP " + host + "\\n");
  process.nextTick(done, Object.assign(new Error("no names"), { code: "ENOTFOUND" }));
};
syncBuiltinESMExports();
`)}`;
