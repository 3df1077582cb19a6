#!/usr/bin/env node
// Starts the command line: from the sources in a checkout (Node.js strips the types), from dist/ in an installed package.
import { existsSync } from "node:fs";
import module from "node:module";

module.enableCompileCache?.();
const source = new URL("../cli/main.ts", import.meta.url);
const isCheckout = existsSync(source);
if (isCheckout && Number.parseInt(process.versions.node, 10) < 24) {
  console.error(`anamo: a checkout needs Node.js 24 or newer, this is ${process.version}. "npx anamo" brings its own.`);
  process.exit(2);
}
await import(isCheckout ? source.href : new URL("../dist/cli/main.js", import.meta.url).href);
