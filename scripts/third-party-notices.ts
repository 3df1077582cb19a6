import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Licenses that allow us to distribute a package inside ours. */
const ALLOWED = new Set(["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"]);
const RULE = "=".repeat(80);

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const HEAD = `anamo is under the Apache License 2.0. Its embedded stack (the files in dist/local) holds parts of these packages, each
under its own license. Of dynalite, two computed file names were spelled out.`;

interface Manifest {
  name: string;
  version: string;
  license?: string | { type: string };
  licenses?: { type: string }[];
  author?: string | { name: string };
}

/**
 * Names, versions and licenses of the packages that these files come from. Throws for a package whose license does not
 * let us redistribute it, or that has none.
 */
export async function noticesOf(files: readonly string[]): Promise<string> {
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  const notices = await Promise.all([...folders].map(noticeOf));
  return `${[HEAD, ...[...new Set(notices)].sort()].join(`\n\n${RULE}\n`)}\n`;
}

async function noticeOf(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
  const license = licenseOf(manifest);
  if (!ALLOWED.has(license)) throw new Error(`${manifest.name} must not be bundled: its license is ${license}`);
  return `${manifest.name} ${manifest.version} (${license})\n\n${await textOf(folder, manifest, license)}`;
}

function licenseOf({ license, licenses }: Manifest): string {
  const declared = license ?? licenses?.[0];
  return (typeof declared === "string" ? declared : declared?.type) ?? "unknown";
}

/** The license file of a package; for an MIT package without one, the text that every MIT license has. */
async function textOf(folder: string, { name, author }: Manifest, license: string): Promise<string> {
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file) return (await readFile(join(folder, file), "utf8")).trim();
  if (license !== "MIT") throw new Error(`${name} must not be bundled: it has no text of its license`);
  const holder = typeof author === "string" ? author : (author?.name ?? `the authors of ${name}`);
  return `Copyright ${holder}\n\n${MIT}`;
}
