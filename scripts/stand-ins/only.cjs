/*
 * koa prints a request as an object with only these of its properties: the original package has no license in its
 * manifest.
 */
module.exports = (object, names) =>
  Object.fromEntries(names.filter((name) => object?.[name] != null).map((name) => [name, object[name]]));
