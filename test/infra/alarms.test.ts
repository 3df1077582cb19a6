import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { createSummarizeHandler } from "../../functions/summarize.ts";
import { createSweepHandler } from "../../functions/sweep.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { madeOf } from "../support/made-of.ts";
import type { Resource, Template } from "../support/sls.ts";
import { templateOf } from "../support/templates.ts";

interface Metric {
  Namespace: string;
  MetricName: string;
  Dimensions: { Name: string; Value: unknown }[];
}
interface Alarm extends Metric {
  AlarmName: string;
  AlarmDescription: string;
  Metrics?: { MetricStat?: { Metric: Metric; Period: number } }[];
  EvaluationPeriods: number | string;
  AlarmActions: unknown;
  TreatMissingData: string;
}

let made: Template;
let alarms: Alarm[];

beforeAll(async () => {
  // with every alarm
  made = madeOf(await templateOf(), { EventBus: "default" });
  const found = Object.values(made.Resources).filter(({ Type }) => Type === "AWS::CloudWatch::Alarm");
  alarms = found.map(({ Properties }) => Properties as unknown as Alarm);
});

test("each alarm notifies the topic, is quiet without data, and says where to read on", () => {
  for (const alarm of alarms) {
    expect(alarm.AlarmActions, alarm.AlarmName).toEqual([{ Ref: "AlarmTopic" }]);
    expect(alarm.TreatMissingData, alarm.AlarmName).toMatch(/^(notBreaching|ignore)$/);
    const name = alarm.AlarmName.replace("anamo-dev-", "");
    expect(alarm.AlarmDescription).toMatch(new RegExp(`\\. See ${name} in docs/operating.md$`));
  }
});

test("every function has an alarm for its errors", () => {
  const errors = alarms.filter(({ MetricName }) => MetricName === "Errors");
  const functions = Object.entries(made.Resources).filter(([, { Type }]) => Type === "AWS::Lambda::Function");
  const wanted = functions.map(([id]) => [{ Name: "FunctionName", Value: { Ref: id } }]);
  expect(errors.map(({ Dimensions }) => Dimensions)).toEqual(expect.arrayContaining(wanted));
  expect(errors).toHaveLength(functions.length);
});

describe("our own metrics that alarms use", () => {
  test.for([
    ["summarize", createSummarizeHandler],
    ["sweep", createSweepHandler],
  ] as const)("are written by %s, in the alarm's namespace and with its dimensions", async ([service, create]) => {
    const table = await testTable();
    await addItems(table, [newItem("A")]);
    const lines: string[] = [];
    const spy = vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(String(line)) > 0);
    const env = { ...testEnv(), ANAMO_TABLE: table.name, AWS_LAMBDA_FUNCTION_NAME: `anamo-dev-${service}` };
    await create({ ...env, ANAMO_LOG_LEVEL: "SILENT" })({}, { awsRequestId: "1" });
    spy.mockRestore();
    const written = lines.flatMap(metricsOf);
    const wanted = alarms.flatMap(metricsWanted).filter(({ dimensions }) => dimensions.service === service);
    expect(wanted.length).toBeGreaterThan(0);
    for (const { name, namespace, dimensions } of wanted) {
      expect(dimensions.table).toEqual({ Ref: "Table" });
      expect(written).toContainEqual({ name, namespace, dimensions: { service, table: table.name } });
    }
  });
});

test("alarms on scheduled metrics use spans that each have data", async () => {
  const periodOf = (template: Template, id: string) => Number(template.Resources[id]?.Properties.Period);
  const spansOf = (template: Template, id: string) => {
    const { Metrics = [], EvaluationPeriods } = (template.Resources[id] as Resource).Properties as unknown as Alarm;
    const periods = Metrics.flatMap(({ MetricStat }) => (MetricStat ? [Number(MetricStat.Period)] : []));
    return [Number(EvaluationPeriods), ...new Set(periods)];
  };
  expect(spansOf(made, "NobodyWorks")).toEqual([12, 300]);
  expect(spansOf(made, "SweepBlind")).toEqual([3, 300]);
  // two retries within 3 minutes: with spans of 5 minutes one in three would fail, and the alarm would never fire
  expect(periodOf(made, "LaunchFails")).toBe(900);
  for (const id of ["ImportFails", "SummarizeFails", "ReconcileFails", "SweepFails"])
    expect(periodOf(made, id)).toBe(300);
  const never = madeOf(await templateOf(["launchEvery=never"]));
  expect(periodOf(never, "LaunchFails")).toBe(300);
  const seldom = madeOf(await templateOf(["summarizeEvery=1 hour", "sweepEvery=15 minutes"]));
  expect(spansOf(seldom, "NobodyWorks")).toEqual([2, 3_600]);
  expect(spansOf(seldom, "SweepBlind")).toEqual([3, 900]);
  expect([periodOf(seldom, "SummarizeFails"), periodOf(seldom, "SweepFails")]).toEqual([3_600, 900]);
});

test("without a launch schedule there is no alarm that no worker is at work", async () => {
  const never = madeOf(await templateOf(), { LaunchEvery: "never" });
  expect(made.Resources).toHaveProperty("NobodyWorks");
  expect(never.Resources).not.toHaveProperty("NobodyWorks");
  expect(never.Resources).not.toHaveProperty("LaunchSchedule");
});

test("a blocked queue is reported in one sentence, with the job and the reason", () => {
  const { EventPattern, Targets } = (made.Resources.QueueBlocked as Resource).Properties as unknown as {
    EventPattern: { "detail-type": string[]; detail: unknown };
    Targets: { Arn: unknown; InputTransformer: { InputPathsMap: Record<string, string>; InputTemplate: string } }[];
  };
  expect(EventPattern["detail-type"]).toEqual(["Batch Job Queue Blocked"]);
  expect(EventPattern.detail).toEqual({ jobQueue: [{ Ref: "JobQueue" }] });
  const [{ Arn, InputTransformer } = {}] = Targets;
  expect(Arn).toEqual({ Ref: "AlarmTopic" });
  const sentence = Object.keys(InputTransformer?.InputPathsMap ?? {}).reduce(
    (text, name) => text.replace(`<${name}>`, name.toUpperCase()),
    JSON.parse(InputTransformer?.InputTemplate ?? "") as string,
  );
  expect(sentence).toBe("Queue QUEUE is blocked by job JOB: REASON. See queue-blocked in docs/operating.md");
});

test("alarms go to an e-mail address if one is given", async () => {
  expect(made.Resources).not.toHaveProperty("AlarmByEmail");
  const told = madeOf(await templateOf(), { AlarmEmail: "lab@example.org" });
  expect(told.Resources.AlarmByEmail?.Properties).toMatchObject({ Protocol: "email", Endpoint: "lab@example.org" });
});

test("docs/operating.md has a chapter for each alarm and no others", async () => {
  const text = await readFile(join(import.meta.dirname, "../../docs/operating.md"), "utf8");
  const [, chapters = ""] = text.split("\n## When an alarm comes\n");
  const told = [...(chapters.split("\n## ")[0] ?? "").matchAll(/^### (.*)$/gm)].map(([, name]) => name);
  const names = [...alarms.map(({ AlarmName }) => AlarmName.replace("anamo-dev-", "")), "queue-blocked"];
  expect(told.toSorted()).toEqual(names.toSorted());
});

/** The metrics of a line in embedded metric format, as CloudWatch reads them. */
function metricsOf(line: string) {
  const { _aws, ...values } = JSON.parse(line) as {
    _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  } & Record<string, unknown>;
  return _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) =>
      Dimensions.map((names) => ({
        name: Name,
        namespace: Namespace,
        dimensions: Object.fromEntries(names.map((name) => [name, values[name]])),
      })),
    ),
  );
}

/** The metrics of our own namespace that an alarm uses. */
function metricsWanted(alarm: Alarm) {
  const all: Metric[] = alarm.Metrics?.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []) ?? [alarm];
  return all.flatMap(({ Namespace, MetricName, Dimensions }) => {
    if (Namespace !== "anamo") return [];
    const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
    return [{ name: MetricName, namespace: Namespace, dimensions }];
  });
}
