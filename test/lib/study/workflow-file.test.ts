import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import * as z from "zod";
import { parseWorkflow } from "../../../lib/study/parse-workflow.ts";
import { workflowSchema } from "../../../scripts/workflow-schema.ts";
import { studyOf } from "../../support/study.ts";

const readNothing = async () => "";

async function mistakesIn(text: string): Promise<string[]> {
  const error = await parseWorkflow(text, { name: "w.yml", readFile: readNothing }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "UnusableFileError" });
  return (error as Error).message.split("\n");
}

test("a workflow file has steps with scripts, what they wait for, settings and arguments", async () => {
  const study = await studyOf(
    `align: { script: "align.sh {sample} {fastq_1}", timeout: 1h30m, attempts: 3, lease: 60, priority: 9 }
call:
  after: align
  args: { file: regions.txt }
  script: |
    call.sh {sample}
joint: { afterAll: [call, align], allowFailed: 2%, script: joint.sh }`,
    { "regions.txt": "\ufeffchr1 \r\n# the small ones are left out\n\nchr2\n" },
  );
  expect(study.steps).toMatchObject([
    { name: "align", settings: { TimeoutSeconds: "5400", MaxAttempts: "3", LeaseSeconds: "60", Priority: "9" } },
    {
      name: "call",
      after: [{ text: "align" }],
      args: { values: ["chr1", "chr2"] },
      script: { text: "call.sh {sample}\n" },
    },
    { name: "joint", afterAll: [{ text: "call" }, { text: "align" }], allowFailed: "2%" },
  ]);
});

test("all mistakes in keys, steps and values are named at once, with lines and the closest match", async () => {
  const found = await mistakesIn(`stpes: x
steps:
  align:
    script: a.sh {sample}
    atempts: 3
    timeout: 6 hours
    after: cal
  call: { needs: align, script: "c.sh {sample}", priority: 10, allowFailed: 1, once: yes, group: [] }
  qc: { script: "q.sh {sample}", when: "{a} = b", args: { fiel: r.txt } }
  none: {}
  text: true
`);
  expect(found).toEqual([
    'w.yml:1: unknown key "stpes" of the file; did you mean steps? The keys are sample, steps',
    expect.stringMatching(
      /^w.yml:5: unknown key "atempts" of the step align; did you mean attempts\? The keys are script, /,
    ),
    'w.yml:6: step align: timeout: expected a time such as 6h, 90m or 30s, up to 2,147,483 seconds, found "6 hours"',
    'w.yml:7: step align: unknown step "cal"; did you mean call?',
    expect.stringContaining('w.yml:8: unknown key "needs" of the step call; did you mean after?'),
    'w.yml:8: step call: priority: expected a whole number from 0 to 9, found "10"',
    'w.yml:8: step call: once: expected true (one item in all) or false (one for each sample), found "yes"',
    "w.yml:8: step call: group: expected a column, or a list of columns, found a list",
    expect.stringContaining("w.yml:8: step call: allowFailed: expected nothing without afterAll"),
    expect.stringContaining('w.yml:9: step qc: when: expected == or !=, found "="'),
    "… and 3 more",
  ]);
});

test("steps that wait for each other in a circle are named, and a step cannot wait for itself", async () => {
  const circle = `steps:\n  a: { script: "a {sample}", after: c }\n  b: { script: "b {sample}", after: a }\n  c: { script: "c {sample}", afterAll: b }\n`;
  expect(await mistakesIn(circle)).toEqual([
    "w.yml:2: these steps wait for each other in a circle: a waits for c, c waits for b, b waits for a; take one of these out",
  ]);
  expect(await mistakesIn('steps:\n  a: { script: "a {sample}", after: a }\n')).toEqual([
    "w.yml:2: step a: expected other steps, found its own",
  ]);
});

test.each([
  [
    "a script that begins with a brace",
    "steps:\n  a:\n    script: {sample}.sh x\n",
    /^w.yml:3: .*in quotes, or write it below {2}script: \|/,
  ],
  ["a colon in a script", "steps:\n  a:\n    script: echo a: {sample}\n", /^w.yml:3: .*in quotes/],
  ["a backslash in double quotes", 'steps:\n  a:\n    script: "grep \\w"\n', /^w.yml:3: .*use single quotes/],
  ["a tab", "steps:\n\ta: x\n", /^w.yml:2: .*indent with blanks/],
  [
    "a step that is there twice",
    "steps:\n  a: { script: x }\n  a: { script: y }\n",
    /^w.yml:3: this name is already used above/,
  ],
  ["an empty file", "", /^w.yml:1: expected a workflow file with "steps:"/],
  ["a list", "- a\n", /^w.yml:1: expected a workflow file/],
  ["a file without steps", "steps:\n", /^w.yml:1: steps: expected the names of steps with colons, found nothing/],
  ["two documents", "steps:\n  a: { script: x }\n---\nsteps: {}\n", /^w.yml:3: /],
  ["an anchor inside itself", "steps: &a\n  x: *a\n", /^w.yml:2: /],
  ["a name of a list", "steps:\n  ? [a]\n  : b\n", /^w.yml:2: expected a name before the colon/],
])("%s is a message with its line", async (_what, text, message) => {
  expect((await mistakesIn(text))[0]).toMatch(message);
});

test("values stay as they are written: 2.10 is not 2.1, and 010 not 8", async () => {
  const study = await studyOf('a: { script: "a {sample}", args: [2.10, 010, 1e3, yes, ~1] }');
  expect(study.steps[0]?.args).toEqual({ values: ["2.10", "010", "1e3", "yes", "~1"] });
});

test("names of values are resolved, as in YAML; repeats of repeats and files of many steps end at once", async () => {
  const study = await studyOf("a: &x { script: 'a {sample}' }\nb: *x\nc: &x { script: 'c {sample}' }\nd: *x");
  expect(study.steps.map(({ script }) => script.text)).toEqual([
    "a {sample}",
    "a {sample}",
    "c {sample}",
    "c {sample}",
  ]);
  expect(await mistakesIn("steps:\n  a: *x\n")).toEqual(["w.yml:2: unknown name *x; &x sets it"]);
  const letters = [..."abcdefghi"];
  const tens = letters.map(
    (name, index) => `${name}: &${name} [${Array(10).fill(index > 0 ? `*${letters[index - 1]}` : "x")}]`,
  );
  expect(await mistakesIn(tens.join("\n"))).toEqual([expect.stringContaining("expected at most 100,000 repeats")]);
  const many = Array.from({ length: 5_000 }, (_, index) => `  s${index}: { script: x }`);
  expect(await mistakesIn(`steps:\n${many.join("\n")}`)).toEqual([
    "w.yml:2: steps: expected at most 1,000, found 5,000; samples belong in a sample sheet",
  ]);
  expect(await mistakesIn("steps:\n  a: { script: x }\n  'a': { script: y }\n")).toEqual([
    "w.yml:3: this name is already used above: each step and key is there once",
  ]);
  expect(await mistakesIn("steps: {}\n---\nsteps: {}\n")).toEqual([
    "w.yml:2: expected one workflow in the file, found another behind --- or ...",
  ]);
});

test("the schema for editors takes and rejects what the parser does; if its file is old: npm run docs", async () => {
  const schema = await readFile(new URL("../../../docs/workflow.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(schema)).toEqual(workflowSchema());
  const parsed = z.fromJSONSchema(workflowSchema() as Parameters<typeof z.fromJSONSchema>[0]);
  const good = { script: "x {sample}", timeout: "1h30m", attempts: 3, priority: 0, args: ["a", 1], group: ["a", "b"] };
  const samples: { step: Record<string, unknown>; isGood: boolean }[] = [
    { step: good, isGood: true },
    { step: { ...good, lease: 60, once: false, when: "{a} == b", args: { file: "r.txt" } }, isGood: true },
    { step: { script: "x", afterAll: "b", allowFailed: "2%" }, isGood: true },
    { step: { script: "x", after: "b", args: { column: "c" }, afterItems: ["i"] }, isGood: true },
    { step: {}, isGood: false },
    { step: { ...good, needs: "b" }, isGood: false },
    { step: { ...good, attempts: 0 }, isGood: false },
    { step: { ...good, priority: 10 }, isGood: false },
    { step: { ...good, timeout: "6 hours" }, isGood: false },
    { step: { ...good, args: [] }, isGood: false },
    { step: { ...good, args: { fiel: "x" } }, isGood: false },
    { step: { ...good, after: [] }, isGood: false },
    { step: { ...good, afterAll: "b", allowFailed: "2 %" }, isGood: false },
  ];
  for (const { step, isGood } of samples) {
    const file = { steps: { a: step, b: { script: "y {sample}" } } };
    const isParsed = await parseWorkflow(JSON.stringify(file), { name: "w.yml", readFile: async () => "chr1" }).then(
      () => true,
      () => false,
    );
    expect({ step, parsed: isParsed, schema: parsed.safeParse(file).success }).toEqual({
      step,
      parsed: isGood,
      schema: isGood,
    });
  }
});
