#!/usr/bin/env node
// Starts the command line: in a checkout from the sources (Node.js strips the types) or from a bundle of exactly these,
// in an installed package from dist/.
import "./check-node.cjs";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { freshBundle } from "./bundle.js";

module.enableCompileCache?.();
const root = fileURLToPath(new URL("..", import.meta.url));

function main() {
  const source = new URL("../cli/main.ts", import.meta.url);
  if (!existsSync(source)) return new URL("../dist/cli/main.js", import.meta.url);
  const bundle = freshBundle(root);
  return bundle === undefined ? source : pathToFileURL(`${bundle}/cli/main.js`);
}

await import(main().href);
