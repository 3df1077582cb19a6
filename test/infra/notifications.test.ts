import { beforeAll, expect, test } from "vitest";
import { madeOf } from "../support/made-of.ts";
import { grantsOfRoles } from "../support/roles.ts";
import type { Template } from "../support/sls.ts";
import { templateOf } from "../support/templates.ts";

let packaged: Template;

beforeAll(async () => {
  packaged = await templateOf();
});

const OWN = ["NotificationTopic", "NotificationsByEmail", "LostClaims", "Dashboard"];
const made = (given: Readonly<Record<string, string>> = {}) => madeOf(packaged, given);
const madeOnly = (given: Readonly<Record<string, string>>) => OWN.filter((id) => id in made(given).Resources);

test("topic, further metrics and dashboard are made only when a parameter asks for them", () => {
  expect(madeOnly({})).toEqual([]);
  expect(madeOnly({ Notify: "yes" })).toEqual(["NotificationTopic"]);
  expect(madeOnly({ NotifyEmail: "lab@example.org" })).toEqual(["NotificationTopic", "NotificationsByEmail"]);
  expect(madeOnly({ Metrics: "steps" })).toEqual(["LostClaims"]);
  expect(madeOnly({ Metrics: "steps", JobQueueGiven: "align" }), "without workers of the stack").toEqual([]);
  expect(madeOnly({ MakeDashboard: "yes" })).toEqual(["Dashboard"]);
});

test("summarize knows the topic, and may publish to it and read its note, only if that is used", () => {
  const variables = (given: Readonly<Record<string, string>>) =>
    made(given).Resources.SummarizeLambdaFunction?.Properties.Environment as { Variables: object };
  const more = (given: Readonly<Record<string, string>>) => {
    const [before, after] = [{}, given].map((one) => grantsOfRoles(made(one)));
    const { SummarizeRole: own = {}, ...others } = after ?? {};
    const { SummarizeRole: known = {}, ...same } = before ?? {};
    expect(others, "no other role").toEqual(same);
    return Object.fromEntries(Object.entries(own).filter(([resource]) => !(resource in known)));
  };
  const note = { "bucket/progress/told.json": ["s3:GetObject"] };
  const topic = { '{"Ref":"NotificationTopic"}': ["sns:Publish"] };
  expect([variables({}), more({})]).toEqual([{ Variables: expect.objectContaining({ ANAMO_TOPIC: "" }) }, {}]);
  expect(more({ Notify: "yes" })).toEqual({ ...note, ...topic });
  expect(variables({ Notify: "yes" })).toMatchObject({ Variables: { ANAMO_TOPIC: { Ref: "NotificationTopic" } } });
  expect(more({ Metrics: "steps" })).toEqual(note);
});

test("the dashboard shows metrics that functions, workers and AWS write, in this region", () => {
  const { DashboardBody } = made({ MakeDashboard: "yes" }).Resources.Dashboard?.Properties ?? {};
  const { widgets } = JSON.parse((DashboardBody as { "Fn::Sub": string })["Fn::Sub"]) as {
    widgets: { type: string; properties: { region?: string; metrics?: unknown[][] } }[];
  };
  const charts = widgets.filter(({ type }) => type === "metric");
  expect(new Set(charts.map(({ properties }) => properties.region))).toEqual(new Set(["${AWS::Region}"]));
  let [namespace, name] = ["", ""];
  const shown = charts.flatMap(({ properties: { metrics = [] } }) =>
    metrics.map((metric) => {
      const [first] = metric as [string | { expression: string }, string];
      if (typeof first !== "string") {
        const [, by = "", found = ""] = /\{anamo,([\w,]+)\} MetricName="(\w+)" table="/.exec(first.expression) ?? [];
        return `anamo ${found} by ${by}`;
      }
      // "." and "..." repeat what the previous metric has
      if (first !== "." && first !== "...") namespace = first;
      if (first !== "...") name = String(metric[1]);
      return `${namespace} ${name}`;
    }),
  );
  expect([...new Set(shown)].toSorted()).toEqual([
    "AWS/DynamoDB ConsumedReadCapacityUnits",
    "AWS/DynamoDB ConsumedWriteCapacityUnits",
    "AWS/Lambda Errors",
    "AWS/SQS ApproximateNumberOfMessagesVisible",
    "anamo ItemsDone",
    "anamo ItemsFailed",
    "anamo ItemsFailed by cause,service,table",
    "anamo ItemsFreed",
    "anamo ItemsLocked",
    "anamo ItemsLocked by service,step,table",
    "anamo ItemsPerHour by service,step,table",
    "anamo ItemsTodo",
    "anamo ReadySeconds",
    "anamo StepsPaused",
    "anamo anamo-dev-LostClaims",
  ]);
});
