import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openInBrowser } from "../../../cli/report/open.ts";
import { testFolder } from "../../support/worker.ts";

/** What is said when a page is opened with these variables; xdg-open is a script. */
async function said(target: string, script: string, env: Record<string, string>): Promise<string[]> {
  const folder = await testFolder();
  for (const name of ["xdg-open", "open"]) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  const lines: string[] = [];
  await openInBrowser(target, {
    env: { PATH: `${folder}:/bin:/usr/bin`, ...env },
    say: (line) => lines.push(line),
    failsWithinMs: 60_000,
  });
  return lines;
}

test.runIf(process.platform === "linux")(
  "without a display, it says where the page is and how to copy it",
  async () => {
    const [line = ""] = await said("/lab/my study/index.html", "exit 0", {});
    expect(line).toContain("there is no display here: open /lab/my study/index.html in a browser, or copy it");
    expect(line).toMatch(/you type: scp '[^' ]+@[^' ]+:\/lab\/my study\/index\.html' \.$/);
    expect(await said("https://lab/page?key", "exit 0", {})).toEqual([
      "there is no display here: open the link above in a browser",
    ]);
  },
);

test("a browser that cannot be started is said; one that opens, or stays, is not", async () => {
  const [failed = ""] = await said("https://lab/page", "exit 3", { DISPLAY: ":0" });
  expect(failed).toMatch(/open could not open it \(exit code 3\): open the link above in a browser$/);
  expect(await said("page.html", "exit 0", { DISPLAY: ":0" })).toEqual([]);
});
