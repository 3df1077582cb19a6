#!/usr/bin/env node
// Starts the command line: from the sources in a checkout (Node.js strips the types), from dist/ in an installed package.
import { existsSync } from "node:fs";
import module from "node:module";

module.enableCompileCache?.();
const source = new URL("../cli/main.ts", import.meta.url);
const isCheckout = existsSync(source);
const [needed, who, remedy] = isCheckout
  ? [24, "a checkout", 'Typed in the folder of the checkout, "npx anamo" brings its own.']
  : [22, "it", "Install a newer one: https://nodejs.org"];
if (Number.parseInt(process.versions.node, 10) < needed) {
  console.error(`anamo: ${who} needs Node.js ${needed} or newer, this is ${process.version}. ${remedy}`);
  process.exit(2);
}
await import(isCheckout ? source.href : new URL("../dist/cli/main.js", import.meta.url).href);
