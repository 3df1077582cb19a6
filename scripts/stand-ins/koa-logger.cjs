/* s3rver's request log, which the embedded stack keeps silent: the package behind it brings one without a license. */
module.exports = () => (_context, next) => next();
