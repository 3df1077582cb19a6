import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { madeOf } from "../support/made-of.ts";
import { grantsOfRoles } from "../support/roles.ts";
import { templateOf } from "../support/templates.ts";

/*
 * Each call that the code of a function or of the worker can make must be one that its role allows somewhere. The
 * commands are found in the sources that it imports, so a new one shows up here even if no test sends it. DynamoDB's
 * are left out: all go through a few shared files, and test/roles.test.ts counts those that are sent.
 */

const ROOT = join(import.meta.dirname, "../..");
/** What a call needs, if its name is not the action: https://docs.aws.amazon.com/AmazonS3/latest/API */
const ACTIONS: Readonly<Record<string, string[]>> = {
  HeadObject: ["s3:GetObject"],
  GetObject: ["s3:GetObject"],
  PutObject: ["s3:PutObject"],
  // parts of a multipart upload are put with s3:PutObject
  Upload: ["s3:PutObject", "s3:AbortMultipartUpload"],
  DeleteObject: ["s3:DeleteObject"],
  DeleteObjects: ["s3:DeleteObject"],
  ListObjectsV2: ["s3:ListBucket"],
  Publish: ["sns:Publish"],
  SubmitJob: ["batch:SubmitJob"],
  ListJobs: ["batch:ListJobs"],
  DescribeJobs: ["batch:DescribeJobs"],
};
const DYNAMO = /^(Get|Put|Update|Delete|Query|BatchGet|BatchWrite)(Item)?$/;

const USERS = [
  ["ImportRole", "functions/import.ts"],
  ["SummarizeRole", "functions/summarize.ts"],
  ["ReconcileRole", "functions/reconcile.ts"],
  ["SweepRole", "functions/sweep.ts"],
  ["LaunchRole", "functions/launch.ts"],
  ["JobRole", "worker/main.ts"],
] as const;

let grants: Record<string, Record<string, string[]>>;

beforeAll(async () => {
  // with everything that needs further rights
  grants = grantsOfRoles(madeOf(await templateOf(), { Notify: "yes", Metrics: "steps" }));
});

/** The sources that one source imports, directly or through others, except for those from which it only takes types. */
async function sourcesOf(entry: string, found = new Map<string, string>()): Promise<Map<string, string>> {
  if (found.has(entry)) return found;
  const text = await readFile(join(ROOT, entry), "utf8");
  found.set(entry, text);
  const imports = /^(?:import|export)(?! type)\b[^;]*?(?:from )?"(\.[^"]+\.ts)";|\bimport\("(\.[^"]+\.ts)"\)/gm;
  for (const [, fixed, lazy] of text.matchAll(imports)) {
    await sourcesOf(join(dirname(entry), fixed ?? lazy ?? ""), found);
  }
  return found;
}

/** The calls in these sources, each with where it is. */
function callsIn(sources: Map<string, string>): [string, string][] {
  return [...sources].flatMap(([file, text]) =>
    [...text.matchAll(/\bnew (?:(\w+)Command|(Upload))\(/g)].map(([, command, upload]): [string, string] => [
      command ?? upload ?? "",
      file,
    ]),
  );
}

test.for(USERS)("%s allows each call that %s can make", async ([role, entry]) => {
  const calls = callsIn(await sourcesOf(entry)).filter(([call]) => !DYNAMO.test(call));
  expect(calls.map(([call]) => call).filter((call) => !(call in ACTIONS))).toEqual([]);
  const allowed = new Set(Object.values(grants[role] ?? {}).flat());
  const lacking = calls
    .filter(([call]) => ACTIONS[call]?.some((action) => !allowed.has(action)))
    .map(([call, file]) => `${call} in ${file}`);
  expect(lacking).toEqual([]);
});

test("it finds the calls: an import reads, writes and lists, and only a launch submits jobs", async () => {
  const of = async (entry: string) => new Set(callsIn(await sourcesOf(entry)).map(([call]) => call));
  expect([...(await of("functions/import.ts"))]).toEqual(
    expect.arrayContaining(["GetObject", "PutObject", "ListObjectsV2", "PutItem"]),
  );
  expect(await of("functions/launch.ts")).toContain("SubmitJob");
  expect(await of("functions/sweep.ts")).not.toContain("SubmitJob");
});
