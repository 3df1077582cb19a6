import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/** dynalite computes the names of some of its files; if they have an extension, the bundler can follow them. */
export const dynaliteNames: Plugin = {
  name: "dynalite-names",
  setup(esbuild) {
    esbuild.onLoad({ filter: /[\\/]dynalite[\\/]index\.js$/ }, async ({ path }) => {
      const code = await readFile(path, "utf8");
      const contents = code.replaceAll(
        /require\('(\.\/(?:actions|validations)\/)' \+ action\)/g,
        "require('$1' + action + '.js')",
      );
      return { contents };
    });
  },
};
