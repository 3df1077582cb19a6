// What `npm ci` runs last: bundles the command line of a checkout (bundle-cli.ts). Must not fail an installation, and is
// CommonJS for old versions of Node.js, which install a checkout, too; the checkout then runs on its own Node.js.
const { spawnSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");
const own = join(root, "node_modules/node/bin/node");

function bundle() {
  if (!existsSync(join(root, "node_modules/esbuild"))) return "esbuild is not installed, as with --omit=dev";
  const node = existsSync(own) ? own : process.execPath;
  const options = { cwd: root, encoding: "utf8", stdio: ["ignore", "inherit", "pipe"] };
  const { status, stderr, error } = spawnSync(node, [join(root, "scripts/bundle-cli.ts")], options);
  if (status === 0) {
    process.stderr.write(stderr);
    return undefined;
  }
  // the line that names the error, not where it was thrown
  const lines = (stderr || String(error)).split("\n");
  return (lines.find((line) => /^\w*Error\b/.test(line)) || lines[0]).trim();
}

const why = bundle();
if (why !== undefined) console.error(`No bundle (${why}): ./anamo runs the sources, which start more slowly.`);
