/** Loaded by `node --require`: lets require() find a file .cjs that is named without its end, as Lambda does. */
const { _extensions } = require("node:module");

_extensions[".cjs"] = _extensions[".js"];
