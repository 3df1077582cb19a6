/** NODE_OPTIONS for a process that cannot look up any name but localhost, and prints the names it tried to stderr. */
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
