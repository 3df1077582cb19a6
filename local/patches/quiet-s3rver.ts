import { createRequire, Module } from "node:module";

/*
 * In the checkout, this replaces s3rver's logger (see no-logger.cjs); import it before s3rver. Bundles, in the
 * package and in .cache/cli, contain the replacement already, and neither file can be found from there.
 */

const require = createRequire(import.meta.url);
try {
  const path = require.resolve("s3rver/lib/middleware/logger.js");
  const module = new Module(path);
  module.exports = require("./no-logger.cjs");
  module.loaded = true;
  require.cache[path] = module;
} catch {}
