import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { removeTree } from "../../../lib/remove-tree.ts";

const isRoot = process.getuid?.() === 0;

function folderOf(script: string): string {
  const parent = mkdtempSync(join(tmpdir(), "anamo-tree-test-"));
  onTestFinished(() => {
    execFileSync("rm", ["-rf", parent]);
  });
  const folder = join(parent, "scratch");
  mkdirSync(folder);
  execFileSync("bash", ["-euc", script], { cwd: folder });
  return folder;
}

describe("a folder is removed with", () => {
  test.each([
    ["files and folders", "mkdir -p a/b; touch a/b/c 'x y'; ln -s / all"],
    [
      "folders nested too deep for a path",
      "for i in $(seq 250); do mkdir dddddddddddddddddd; cd dddddddddddddddddd; done; touch f",
    ],
    [
      "thousands of nested folders",
      "p=$(printf 'd/%.0s' {1..1500}); for i in 1 2 3; do mkdir -p $p; cd $p; done; touch f",
    ],
    ["folders without any permission", "mkdir -p a/b/c d; touch a/b/c/f; chmod 000 a/b/c a/b a d"],
    [
      "both",
      "for i in $(seq 250); do mkdir dddddddddddddddddd; cd dddddddddddddddddd; done; mkdir e; touch e/f; chmod 000 e",
    ],
  ])("%s", async (_, script) => {
    const folder = folderOf(script);

    await removeTree(folder);

    expect(existsSync(folder)).toBe(false);
  });

  test.runIf(isRoot)("folders without any permission, by a user who is not root", () => {
    const folder = folderOf("mkdir -p a/b/c d; touch a/b/c/f; chmod 000 a/b/c a/b a d; chown -R 65534 .. ");
    const module = join(import.meta.dirname, "../../../lib/remove-tree.ts");
    const script = `const { removeTree } = await import(${JSON.stringify(module)});
      process.setuid(65534); await removeTree(${JSON.stringify(folder)});`;

    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(existsSync(folder)).toBe(false);
  });
});

test.runIf(isRoot)("a file that cannot be changed is named with the reason", async ({ skip }) => {
  const folder = folderOf("mkdir sub; touch sub/f other");
  const file = join(folder, "sub/f");
  if (spawnSync("chattr", ["+i", file]).status !== 0) skip("this file system has no immutable files");
  onTestFinished(() => {
    execFileSync("chattr", ["-i", file]);
  });

  await expect(removeTree(folder)).rejects.toThrow(
    `${folder} could not be removed: cannot remove '${file}': Operation not permitted`,
  );
  expect(existsSync(join(folder, "other"))).toBe(false);
});

test("a link to nothing is removed, too", async () => {
  const folder = folderOf("ln -s nowhere link");

  await removeTree(join(folder, "link"));

  expect(readdirSync(folder)).toEqual([]);
});

test("a folder that is not there is no error", async () => {
  await removeTree(join(tmpdir(), "anamo-none", "scratch"));
});

describe.runIf(isRoot && canMount())("what is mounted below is left alone, and named", () => {
  test.each([
    ["a file system", "mkdir 'a b' c; touch c/d; mount -t tmpfs none 'a b'; echo x > 'a b/f'", "a b"],
    ["a folder elsewhere", "mkdir -p m/n ../kept o; echo x > ../kept/f; mount --bind ../kept m/n", "m/n"],
  ])("%s", async (_, script, mount) => {
    const folder = folderOf(script);
    onTestFinished(() => {
      execFileSync("umount", [join(folder, mount)]);
    });
    writeFileSync(join(folder, "other"), "");

    await expect(removeTree(folder)).rejects.toThrow(
      `left alone what is mounted at ${join(folder, mount)}: unmount it`,
    );

    expect(readFileSync(join(folder, mount, "f"), "utf8")).toBe("x\n");
    expect(["other", "c", "o"].filter((name) => existsSync(join(folder, name)))).toEqual([]);
  });
});

function canMount(): boolean {
  return spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;
}
