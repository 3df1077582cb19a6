/*
 * Takes the place of s3rver's logger, which is silent here. Loading it, with winston and the packages that color its
 * output, takes a third of the 0.15 s of CPU for loading s3rver, and its request log depends on a package without a
 * license.
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

module.exports = (app) => {
  app.logger = LOGGER;
  app.context.logger = LOGGER;
  return (_context, next) => next();
};
