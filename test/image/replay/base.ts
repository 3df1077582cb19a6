import { execFile } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { UsageError } from "../../../lib/errors.ts";
import { kept } from "../../support/emulators/cache.ts";

const run = promisify(execFile);

/** The base images that can be replaced: the official slim Node.js image on any release of Debian. */
const OFFICIAL = /^node:(\d+\.\d+\.\d+)-([a-z]+)-slim@sha256:[0-9a-f]{64}$/;

/** The Node.js version and the release of Debian in a base image. Throws for an image that cannot be replaced. */
export function baseFacts(image: string): { node: string; suite: string } {
  const [, node, suite] = OFFICIAL.exec(image) ?? [];
  if (node && suite) return { node, suite };
  throw new Error(`expected node:<version>-<debian>-slim@sha256:<digest> as the base, got ${image}`);
}

/**
 * A tar of a root folder that replaces the base image: Debian as debootstrap installs it (minbase), and this
 * repository's `node`, which has the same major version. It is made once and cached.
 */
export async function baseTar(image: string): Promise<{ file: string; pin: string }> {
  const { node, suite } = baseFacts(image);
  const own = process.versions.node;
  if (Number.parseInt(node, 10) !== Number.parseInt(own, 10)) {
    throw new Error(`the base has Node.js ${node}, but this is ${own}: the major versions must be the same`);
  }
  const pin = `${MAKE}\n${suite} ${process.arch} node ${own}`;
  const dir = await kept(`image-base`, pin, async (dir) => {
    await needRoot();
    await needDebootstrap();
    const root = join(dir, "root");
    await mkdir(root);
    // in memory, as dpkg syncs to disk after each file; the mount ends with the namespace
    await run("unshare", ["--mount", "bash", "-euc", MAKE, "make-base", root, suite, process.execPath, dir], {
      maxBuffer: 64 * 1024 * 1024,
    });
  });
  return { file: join(dir, "base.tar"), pin };
}

// as in Debian's images, apt keeps no packages and no cache; the tar is not compressed, as gzip takes longer
const MAKE = `
mount -t tmpfs tmpfs "$1"
debootstrap --variant=minbase "$2" "$1" >"$4/debootstrap.log"
install -D "$3" "$1/usr/local/bin/node"
rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/*
printf '%s\\n' 'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' 'APT::Keep-Downloaded-Packages "false";' \
  >"$1/etc/apt/apt.conf.d/docker-clean"
tar --one-file-system -cf "$4/base.tar" -C "$1" .
`;

async function needRoot(): Promise<void> {
  if (process.platform === "linux" && process.getuid?.() === 0) return;
  throw new UsageError("replaying the image in a root folder needs Linux and root");
}

async function needDebootstrap(): Promise<void> {
  if (await isThere("/usr/sbin/debootstrap")) return;
  if (!(await isThere("/usr/bin/apt-get"))) throw new UsageError("debootstrap is missing: install it");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update"], { env });
  await run("apt-get", ["install", "-y", "--no-install-recommends", "debootstrap"], { env });
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
