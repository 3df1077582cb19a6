/* koa shows a request as these of its properties: the package behind it has no license in its manifest. */
module.exports = (object, names) =>
  Object.fromEntries(names.filter((name) => object?.[name] != null).map((name) => [name, object[name]]));
