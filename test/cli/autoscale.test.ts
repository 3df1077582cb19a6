import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createTable } from "../../lib/tables/create-table.ts";
import { startStack } from "../../local/stack.ts";
import { anamo } from "../support/anamo.ts";
import { testEnv } from "../support/env.ts";
import { NO_LOOKUPS } from "../support/no-lookups.ts";
import { startScalingServer } from "../support/scaling-server.ts";
import { testTables } from "../support/tables.ts";
import { testFolder } from "../support/worker.ts";

/** Runs `anamo table …` on an on-demand table, with a stand-in for the service that scales it on loopback. */
async function bench() {
  const { client, nameOne } = testTables();
  const server = await startScalingServer();
  const name = nameOne();
  await createTable(client, name);
  const env = { ...(testEnv() as Record<string, string>), ...server.env, ANAMO_TABLE: name };
  return { ...server, name, run: (...args: string[]) => anamo(["table", ...args], { env }) };
}

test("autoscaling is set up, shown and ended", async () => {
  const { run, name, changes } = await bench();
  expect(await run("autoscale")).toEqual({ exitCode: 0, stdout: "Autoscaling: none.\n", stderr: "" });
  expect(JSON.parse((await run("autoscale", "--json")).stdout)).toEqual({ table: name, autoscaling: [] });
  expect(await run("autoscale", "--min", "9")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/give --max$/m),
  });
  const set = await run("autoscale", "--max", "70", "--target", "40");
  expect(set).toMatchObject({ exitCode: 0, stderr: "" });
  expect(set.stdout.split("\n")).toEqual([
    expect.stringMatching(/^ +read units +write units +lowered today$/),
    expect.stringMatching(new RegExp(`^table ${name} +5 +5 +0$`)),
    expect.stringMatching(/^index StateIndex +5 +5 +0$/),
    "autoscaling               min  max  in use  cooldown",
    "table, reads                5   70  40 %    60 s",
    "table, writes               5   70  40 %    60 s",
    "index StateIndex, reads     5   70  40 %    60 s",
    "index StateIndex, writes    5   70  40 %    60 s",
    "It is no longer on demand.",
    "",
  ]);
  expect(changes()).toHaveLength(8);
  expect(await run("autoscale", "--min", "71")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/--max: expected 71 units or more/),
  });
  const more = JSON.parse((await run("autoscale", "--min", "6", "--json")).stdout);
  expect(more).toMatchObject({ provisioned: false, autoscaling: [{ min: 6, max: 70, targetPercent: 40 }, {}, {}, {}] });
  expect(JSON.parse((await run("autoscale", "--json")).stdout)).toMatchObject({
    autoscaling: [{ max: 70 }, {}, {}, {}],
  });
  expect(JSON.parse((await run("capacity", "--json")).stdout)).toMatchObject({
    table: name,
    mode: "provisioned",
    units: { read: 5 },
    autoscaling: [{ kind: "read", min: 6, max: 70, targetPercent: 40 }, {}, {}, {}],
  });
  expect((await run("capacity", "--on-demand")).stdout).toContain("autoscale --off ends it");
  expect((await run("autoscale", "--off")).stdout).toBe(`Table ${name} is no longer scaled.\n`);
  expect(JSON.parse((await run("autoscale", "--off", "--json")).stdout)).toEqual({ table: name, ended: [] });
});

test("on the embedded stack, autoscaling is rejected without a request to anyone else", async () => {
  const dir = join(await testFolder(), "stack");
  const stack = await startStack({ dir, table: "Testing", bucket: "bucket", workerCommand: ["true"] });
  onTestFinished(() => stack.close(0));
  const env = { ...stack.env, NODE_OPTIONS: NO_LOOKUPS };
  const wanted = ["table", "autoscale", "--max", "70"];
  const refused = await anamo(wanted, { env });
  expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
  expect(refused.stderr).toMatch(
    /^anamo: nothing scales table Testing: it is at 127\.0\.0\.1:\d+ and not on AWS\. .*\n$/,
  );
  expect((await anamo([...wanted.slice(0, 2), "--off"], { env })).stderr).toContain("nothing scales table Testing");
  const printed = await anamo(["table", "capacity"], { env });
  expect(printed).toMatchObject({ exitCode: 0, stderr: "" });
  expect(printed.stdout).toMatch(/^Table Testing is on demand: .*\nAutoscaling: nothing scales table Testing: .*\n$/);
  const all = { ...env, AWS_ENDPOINT_URL: stack.env.AWS_ENDPOINT_URL_DYNAMODB ?? "" };
  expect((await anamo(wanted, { env: all })).stderr).toMatch(
    /^anamo: Application Auto Scaling at 127\.0\.0\.1:\d+ refused or did not answer .*\n$/,
  );
});

test("the guard that the test above relies on does report a look-up", async () => {
  const { AWS_ENDPOINT_URL_DYNAMODB: _, ...env } = testEnv() as Record<string, string>;
  const { exitCode, stderr } = await anamo(["table", "list"], { env: { ...env, NODE_OPTIONS: NO_LOOKUPS } });
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^LOOKED UP dynamodb\.us-east-1\.amazonaws\.com$/m);
});

test.for([
  [["--max", "70", "--target", "95"], /Expected 20 to 90 percent/],
  [["--max", "70", "--cooldown", "soon"], /Expected a whole number of seconds/],
  [["--max", "70", "--off"], /cannot be used with option/],
] as const)("wrong usage names the option: %j", async ([args, stderr]) => {
  const result = await anamo(["table", "autoscale", "-t", "any", ...args], {
    env: testEnv() as Record<string, string>,
  });
  expect(result).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringMatching(stderr) });
});
