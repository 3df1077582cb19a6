/** Loaded by `node --require`: lets require() find a .cjs file that is named without its extension, as Lambda does. */
const { _extensions } = require("node:module");

_extensions[".cjs"] = _extensions[".js"];
