import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const S3RVER = `${sep}node_modules${sep}s3rver${sep}`;
const IN_PACKAGES = `${sep}node_modules${sep}`;

/** Packages that a bundle replaces by a stand-in; each stand-in says why. */
const STAND_INS: Readonly<Record<string, string>> = {
  "fast-xml-parser": "scripts/stand-ins/fast-xml-parser.mjs",
  only: "scripts/stand-ins/only.cjs",
};
/** Replaces s3rver's logger; see there. */
const LOGGER = "local/patches/no-logger.cjs";

/** Bundles s3rver with stand-ins for what should not, or need not, come with it. */
export const s3rverParts: Plugin = {
  name: "s3rver-parts",
  setup(esbuild) {
    esbuild.onResolve({ filter: /^(?:fast-xml-parser|only)$/ }, ({ path, importer }) => {
      const standIn = importer.includes(IN_PACKAGES) ? STAND_INS[path] : undefined;
      return standIn === undefined ? undefined : { path: join(ROOT, standIn) };
    });
    esbuild.onResolve({ filter: /\/logger$/ }, ({ importer }) =>
      importer.includes(S3RVER) ? { path: join(ROOT, LOGGER) } : undefined,
    );
  },
};
