import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { BIN, cleanEnv } from "../support/anamo.ts";
import { testFolder } from "../support/worker.ts";

const canMount =
  process.getuid?.() === 0 && spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

// needs root, to mount a small disk
test.runIf(canMount)("a run whose folder is on a full disk says so, without a stack trace", async () => {
  const disk = mkdtempSync(join(tmpdir(), "anamo-full-test-"));
  expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=600k", "none", disk]).status).toBe(0);
  onTestFinished(() => {
    expect(spawnSync("umount", ["-l", disk]).status).toBe(0);
    rmdirSync(disk);
  });
  const env = cleanEnv({ NODE: process.execPath, BIN, DISK: disk });
  const script = `{ echo 'itemID|TaskID|TaskScript'; for i in {1..60}; do echo "q$i|S|seq 20000"; done; } > list.txt
    "$NODE" "$BIN" run list.txt --dir "$DISK/d" --workers 1 2>&1; echo "exit $?"`;
  const cwd = await testFolder();
  const { stdout } = await promisify(execFile)("bash", ["-c", script], { env, cwd });
  expect(stdout).toMatch(new RegExp(`^anamo: .*the disk of ${disk}/d/dynamodb is full$`, "m"));
  expect(stdout).toMatch(/^exit 1$/m);
  expect(stdout).not.toMatch(/^\s+at |throw err|function failed/m);
});

test.runIf(canMount)(
  "so does a run whose disk is full from the start: that of its folder, or of its scripts",
  async () => {
    const disk = mkdtempSync(join(tmpdir(), "anamo-full-test-"));
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=200k", "none", disk]).status).toBe(0);
    onTestFinished(() => {
      expect(spawnSync("umount", ["-l", disk]).status).toBe(0);
      rmdirSync(disk);
    });
    const cwd = mkdtempSync(join(tmpdir(), "anamo-full-test-"));
    const env = cleanEnv({ NODE: process.execPath, BIN, DISK: disk });
    const script = `head -c 1M /dev/zero > "$DISK/fill"
    printf 'itemID|TaskID|TaskScript\\na|S|true\\n' > list.txt
    "$NODE" "$BIN" run list.txt --dir "$DISK/d" 2>&1; echo "exit $?"
    TMPDIR=$DISK "$NODE" "$BIN" run list.txt --workers 1 2>&1; echo "exit $?"`;
    const { stdout } = await promisify(execFile)("bash", ["-c", script], { env, cwd });
    expect(stdout).toContain(`anamo: the disk of ${disk}/d is full\nexit 2\n`);
    expect(stdout).toContain(`anamo: the workers end as soon as they start: the disk of ${disk} is full\nexit 1\n`);
  },
);
