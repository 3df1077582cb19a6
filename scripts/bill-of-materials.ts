import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Manifest {
  name: string;
  version: string;
  license?: string;
}

/**
 * Writes a list of the packages that a bundle is made from, as CycloneDX 1.6 (JSON), which scanners for known
 * vulnerabilities read. `files` are the bundle's inputs. Not `npm sbom`: it lists everything that is installed,
 * including packages that are not in the bundle, and fails if anything else in node_modules is wrong.
 */
export async function writeBillOfMaterials(outfile: string, files: readonly string[]): Promise<void> {
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  const read = async (dir: string) => JSON.parse(await readFile(join(dir, "package.json"), "utf8")) as Manifest;
  const components = (await Promise.all([...folders].map(read))).map(componentOf);
  const text = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { ...componentOf(await read(ROOT)), type: "application" } },
    components: components.sort((a, b) => (a.purl < b.purl ? -1 : 1)),
  };
  await writeFile(outfile, `${JSON.stringify(text, null, 2)}\n`, { mode: 0o644 });
}

function componentOf({ name, version, license }: Manifest) {
  return {
    type: "library",
    name,
    version,
    purl: `pkg:npm/${name.replace(/^@/, "%40")}@${version}`,
    ...(license && { licenses: [{ expression: license }] }),
  };
}
