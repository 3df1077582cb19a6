import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

/*
 * Licenses and known vulnerabilities of everything in the lock file, including development packages, without a network.
 */

const ROOT = join(import.meta.dirname, "..");
const read = async (name: string) => JSON.parse(await readFile(join(ROOT, name), "utf8"));

interface Locked {
  name: string;
  version: string;
  license?: string;
  dev?: boolean;
}

const { packages } = (await read("package-lock.json")) as { packages: Record<string, Omit<Locked, "name">> };
const locked: Locked[] = Object.entries(packages)
  .filter(([path]) => path !== "")
  .map(([path, entry]) => ({ ...entry, name: path.replace(/^.*node_modules\//, "") }));

/** They allow us to use, change and redistribute the code. */
const PERMISSIVE = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "ISC", "MIT", "MIT-0"];
/** For tools that only run here: they do not bind anything that they are not part of. */
const FOR_TOOLS = [...PERMISSIVE, "MIT OR Apache-2.0", "MPL-2.0", "PSF-2.0", "Python-2.0"];
/** Their manifests name no license. Only s3rver needs them; the package has stand-ins (scripts/stand-ins/). */
const UNLICENSED = ["humanize-number", "only"];

test("every package that an install brings has a permissive license, every tool one that lets us run it", () => {
  const wrong = locked.filter(({ name, license = "none", dev }) => {
    if (dev && UNLICENSED.includes(name)) return false;
    return !(dev ? FOR_TOOLS : PERMISSIVE).includes(license);
  });
  expect(wrong.map(({ name, version, license }) => `${name} ${version}: ${license}`)).toEqual([]);
});

interface Advisory {
  id: string;
  package: string;
  /** the first version with it, if not the very first */
  from?: string;
  /** the first version without it */
  below: string;
}
interface Tolerated {
  package: string;
  version: string;
  why: string;
}

const { advisories, tolerated } = (await read("test/advisories.json")) as {
  advisories: Advisory[];
  tolerated: Tolerated[];
};

test("no locked version is in a recorded advisory, but for those with a reason", () => {
  const found = advisories.flatMap((advisory) =>
    locked
      .filter(({ name, version }) => name === advisory.package && isIn(advisory, version))
      .map(({ name, version, dev }) => ({ id: advisory.id, name, version, dev })),
  );
  const isTolerated = ({ name, version, dev }: (typeof found)[number]) =>
    dev && tolerated.some((one) => one.package === name && one.version === version);
  expect(found.filter((one) => !isTolerated(one))).toEqual([]);
  const needed = tolerated.filter((one) =>
    found.some(({ name, version }) => one.package === name && one.version === version),
  );
  expect(needed).toEqual(tolerated);
});

function isIn({ from = "0.0.0", below }: Advisory, version: string): boolean {
  return isBelow(version, below) && !isBelow(version, from);
}

/** Whether a version precedes another; only its three numbers count. */
function isBelow(version: string, other: string): boolean {
  const [a, b] = [version, other].map((one) => one.split("-")[0]?.split(".").map(Number) ?? []);
  for (const at of [0, 1, 2]) {
    const difference = (a?.[at] ?? 0) - (b?.[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
