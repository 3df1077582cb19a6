import { createRequire, Module } from "node:module";

/*
 * s3rver's logger is silent here, but loading it (winston, and the packages that color its output) takes a third of the
 * 0.15 s of CPU for loading s3rver. In the checkout, this replaces it with an empty logger; it must be imported before
 * s3rver. In the package s3rver is bundled, so it cannot be found there.
 */

const nothing = () => {};
const LOGGER = {
  info: nothing,
  warn: nothing,
  error: nothing,
  debug: nothing,
  close: nothing,
  exceptions: { unhandle: nothing },
  silent: true,
};

interface App {
  logger: unknown;
  context: { logger: unknown };
}

function useNoLogger(app: App) {
  app.logger = LOGGER;
  app.context.logger = LOGGER;
  return (_context: unknown, next: () => unknown) => next();
}

const require = createRequire(import.meta.url);
try {
  const path = require.resolve("s3rver/lib/middleware/logger.js");
  const module = new Module(path);
  module.exports = useNoLogger;
  module.loaded = true;
  require.cache[path] = module;
} catch {}
