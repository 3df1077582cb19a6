#!/usr/bin/env node
// Starts the command line: from the sources in a checkout (Node.js strips the types), from dist/ in an installed
// package.
import { existsSync } from "node:fs";
import module from "node:module";

module.enableCompileCache?.();
const source = new URL("../cli/main.ts", import.meta.url);
const isCheckout = existsSync(source);
const [needed, who, remedy] = isCheckout
  ? [[24, 0], "a checkout", 'The script "anamo" at its top brings its own.']
  : [[22, 12], "it", "Install a newer one: https://nodejs.org"];
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  const version = needed[1] === 0 ? needed[0] : needed.join(".");
  console.error(`anamo: ${who} needs Node.js ${version} or newer, this is ${process.version}. ${remedy}`);
  process.exit(2);
}
await import(isCheckout ? source.href : new URL("../dist/cli/main.js", import.meta.url).href);
