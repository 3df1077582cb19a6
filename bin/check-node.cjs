// Ends with one line if this Node.js is too old. Uses no syntax that Node.js 10 cannot read.
// biome-ignore lint/style/useNodejsImportProtocol: Node.js 14.17 and older do not know it
const fs = require("fs");

const isCheckout = fs.existsSync(`${__dirname}/../cli/main.ts`);
const [needed, who, remedy] = isCheckout
  ? [[24, 0], "a checkout", 'The script "anamo" at its top brings its own.']
  : [[22, 13], "it", "Install a newer one: https://nodejs.org"];
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  const version = needed[1] === 0 ? needed[0] : needed.join(".");
  console.error(`anamo: ${who} needs Node.js ${version} or newer, this is ${process.version}. ${remedy}`);
  process.exit(2);
}
