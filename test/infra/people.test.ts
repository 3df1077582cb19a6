import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { COMMANDS } from "../../cli/command-list.ts";
import { createImportHandler } from "../../functions/import.ts";
import type { Env } from "../../lib/aws-config.ts";
import { ATTR } from "../../lib/store/attributes.ts";
import { itemKey } from "../../lib/store/keys.ts";
import { updateRow } from "../../lib/store/write-row.ts";
import type { Table } from "../../lib/table.ts";
import { Workflow } from "../../workflow/workflow.ts";
import { batchServer } from "../support/batch-server.ts";
import { dynamoLine } from "../support/dynamo-line.ts";
import { testBucket, testEnv, testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { guardedS3, policyIn, type Statement } from "../support/policies.ts";
import { testFolder } from "../support/worker.ts";

/** With the policies of docs/security.md, people can do what it says. */
let page: string;

beforeAll(async () => {
  page = await readFile(join(import.meta.dirname, "../../docs/security.md"), "utf8");
});

/** A documented policy, for the bucket of the tests. */
const policy = (file: string, bucket: string): Statement[] =>
  JSON.parse(JSON.stringify(policyIn(page, file)).replaceAll("anamo-lab-123456789012-eu-west-2", bucket));

/** What a person with these statements can do; `denied` are the requests to S3 that were refused. */
async function person(statements: readonly Statement[]) {
  const table = await testTable();
  const { s3, bucket } = testBucket();
  const denied: string[] = [];
  const env: Env = { ...testEnv(), ANAMO_TABLE: table.name };
  const endpoint = await guardedS3(env.AWS_ENDPOINT_URL_S3 ?? "", statements, denied);
  const workflow = new Workflow({ table: table.name, bucket, env: { ...env, AWS_ENDPOINT_URL_S3: endpoint } });
  return { table, s3, bucket, env, workflow, denied };
}

describe("people who only drop files", () => {
  test.for([
    ["as documented", false],
    ["who may not list the bucket either, so that S3 says forbidden for a report that is not there yet", true],
  ] as const)("can import a file and read its report: %s", async ([, isLess]) => {
    const { bucket } = testBucket();
    const all = policy("anamo-drop.json", bucket);
    const statements = isLess ? all.filter(({ Action }) => Action !== "s3:ListBucket") : all;
    const { s3, env, workflow, denied } = await person(statements);
    const file = join(await testFolder(), `people-${randomUUID()}.txt`);
    await writeFile(file, "itemID|TaskID|TaskScript\nA|s|true\n");
    const importing = workflow.importFile(file, { timeoutMs: 60_000 });
    const key = `imports/${file.split("/").at(-1)}`;
    await vi.waitFor(() => s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })), 60_000);
    await createImportHandler(env)({ Records: [{ s3: { bucket: { name: bucket }, object: { key } } }] } as never);
    expect(await importing).toMatchObject({ status: "imported", imported: 1 });
    expect(denied).toEqual([]);
    workflow.close();
  });

  test("can do nothing else in the bucket", async () => {
    const { bucket } = testBucket();
    const { table, workflow, denied } = await person(policy("anamo-drop.json", bucket));
    await triedTwice(table, "A");
    await expect(logOf(workflow, 1)).rejects.toThrow(/S3 says forbidden, .* \(s3:GetObject, s3:ListBucket: docs/);
    expect(denied).toEqual([expect.stringContaining("/logs/")]);
    workflow.close();
  });
});

test("people who only look are told that nothing is kept of an attempt, not that they may not see it", async () => {
  const { bucket } = testBucket();
  const { table, workflow, denied } = await person(policy("anamo-look.json", bucket));
  await triedTwice(table, "A");
  expect(await logOf(workflow, 1)).toEqual([]);
  expect(denied).toEqual([]);
  workflow.close();
});

test("people who only look can do what the page says, also where a summary, a log or a result is not there", async () => {
  const { bucket } = testBucket();
  const statements = policy("anamo-look.json", bucket);
  const { table, s3, denied } = await person(statements);
  await triedTwice(table, "A");
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "progress/index.html", Body: "<p>page" }));
  const seen = new Set<string>();
  const dynamo = await dynamoLine((operation) => {
    seen.add(`dynamodb:${operation}`);
    return "carry";
  });
  const s3Endpoint = await guardedS3(testEnv().AWS_ENDPOINT_URL_S3 ?? "", statements, denied);
  const env = { ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: dynamo, AWS_ENDPOINT_URL_S3: s3Endpoint };
  const workflow = new Workflow({ table: table.name, bucket, env });
  const sheet = join(await testFolder(), "sheet.csv");
  await writeFile(sheet, "sample\nS1\n");
  await workflow.summary();
  await workflow.summary({ bySample: true });
  await workflow.report();
  await workflow.reportLink();
  expect(await Array.fromAsync(workflow.items({ all: true }))).toHaveLength(1);
  expect(await Array.fromAsync(workflow.exportPages({}, {}))).toHaveLength(1);
  await workflow.show("A");
  await workflow.explain({ itemID: "A" });
  await workflow.storedResults();
  await workflow.steps();
  await workflow.checkTable();
  expect(await workflow.workflowText("none")).toBeUndefined();
  const allowed = statements.flatMap(({ Action }) => Action);
  expect([...seen].filter((action) => !allowed.includes(action))).toEqual([]);
  expect(denied).toEqual([]);
  workflow.close();
});

test("the page says for each command who may use it", () => {
  // they need no account
  const local = ["run", "local", "completion", "help", "version"];
  const named = (name: string) => new RegExp(`\`(?:anamo )?${name}[ \`]`).test(page);
  expect(COMMANDS.map(({ name }) => name).filter((name) => !local.includes(name) && !named(name))).toEqual([]);
});

test("people who run things use the actions that the table names for each command, and what looking needs", async () => {
  const rows = page.split("\n## People who run things\n")[1]?.match(/^\| .* \|$/gm) ?? [];
  const actionsFor = (command: string): string[] => {
    const row = rows.find((line) => line.split("|")[1]?.includes(`\`${command}\``));
    const cell = row?.split("|")[2] ?? expect.unreachable(`no row for ${command}`);
    let service = "";
    return [...cell.matchAll(/`(?:([\w-]+):)?(\w+)`/g)].map(([, named, action]) => {
      service = named ?? service;
      return `${service}:${action}`;
    });
  };
  const looking = policyIn(page, "anamo-look.json").flatMap(({ Action }) => Action);
  const writing = actionsFor("add");
  const table = await testTable();
  const seen = new Set<string>();
  const dynamo = await dynamoLine((operation) => {
    seen.add(`dynamodb:${operation}`);
    return "carry";
  });
  const names: Readonly<Record<string, string>> = {
    describejobs: "DescribeJobs",
    listjobs: "ListJobs",
    submitjob: "SubmitJob",
    canceljobs: "CancelJob",
    terminatejobs: "TerminateJob",
  };
  const batch = await batchServer((_body, path) => {
    seen.add(`batch:${names[path.slice("/v1/".length)] ?? path}`);
    return { status: 200, json: { jobs: [], jobSummaryList: [], jobId: "a job" } };
  });
  const env = { ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: dynamo, AWS_ENDPOINT_URL_BATCH: batch };
  const { bucket } = testBucket();
  const workflow = new Workflow({ table: table.name, bucket, env });
  const expectOnly = async (work: () => Promise<unknown>, allowed: readonly string[]) => {
    seen.clear();
    await work();
    expect([...seen].filter((action) => ![...looking, ...allowed].includes(action))).toEqual([]);
  };
  const queue = { jobQueue: "queue", jobDefinition: "worker" };
  await expectOnly(async () => {
    await workflow.add({ itemID: "A", taskID: "s", script: "true" });
    await workflow.add({ itemID: "B", taskID: "s", scripts: ["true", "false"] });
    await workflow.hold("A");
    await workflow.release("A");
    await workflow.reset("A");
    await workflow.pauseStep("align", { why: "test" });
    await workflow.resumeStep("align");
    await workflow.keepStep("default", "until-followers-done");
  }, writing);
  await expectOnly(() => workflow.launch(queue), [...writing, ...actionsFor("launch")]);
  await expectOnly(() => workflow.stop({ ...queue, graceMs: 0 }), [...writing, ...actionsFor("stop")]);
  await expectOnly(() => workflow.delete(["A", "B"]), writing);
  workflow.close();
});

async function triedTwice(table: Table, itemId: string): Promise<void> {
  await addItems(table, [newItem(itemId)]);
  await updateRow(table, itemKey(itemId), { changes: { set: { [ATTR.attempt]: 2 } } });
}

async function logOf(workflow: Workflow, attempt: number): Promise<string[]> {
  const found: string[] = [];
  await workflow.eachLog("A", async ({ log }) => void (log && found.push(log.from)), { attempt });
  return found;
}
