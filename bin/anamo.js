#!/usr/bin/env node
// Starts the command line: from the sources in a checkout (Node.js strips the types), from dist/ in an installed
// package.
import "./check-node.cjs";
import { existsSync } from "node:fs";
import module from "node:module";

module.enableCompileCache?.();
const source = new URL("../cli/main.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/cli/main.js", import.meta.url).href);
