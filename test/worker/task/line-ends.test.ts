import { expect, test } from "vitest";
import { lineEndsHint } from "../../../worker/task/line-ends.ts";
import { testRunner } from "./support.ts";

const script = (text: string) => `printf '${text}' > x.sh; chmod +x x.sh;`;

test.each([
  ["whose first line names bash", `${script("#!/bin/bash\\r\\necho a\\r\\n")} ./x.sh`],
  ["whose first line uses env", `${script("#!/usr/bin/env bash\\r\\necho a\\r\\n")} ./x.sh`],
  ["for python", `${script("#!/usr/bin/env python3\\r\\nprint(1)\\r\\n")} ./x.sh`],
  ["that bash reads", `${script("echo a\\r\\n\\r\\nfalse\\r\\n")} bash x.sh`],
  ["that is sourced", `${script("\\r\\n")} . ./x.sh`],
])("a failed script with CR LF %s is recognized by its stderr", async (_, text) => {
  const { run } = testRunner({ env: { ...process.env, LC_ALL: "C" } });

  const { outcome, stderr } = await run(text);

  expect(outcome.cause).toBeDefined();
  expect(lineEndsHint(stderr)).toContain("Windows line ends (CR LF)");
});

test.each(["", "x: command not found\n", "50%\r100%\rdone\n", "No such file or directory\n"])("%j is not", (stderr) => {
  expect(lineEndsHint(stderr)).toBeUndefined();
});
