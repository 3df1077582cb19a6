import { type Check, type Finding, type Outputs, ok, problem, unseen, warning } from "./finding.ts";
import { imageCheck } from "./image.ts";

const deploy = (stage: string) => `npx sls deploy --stage ${stage} --force`;

/** The checks for a deployed stack. */
export function checksOf(outputs: Outputs): Check[] {
  return [
    queueCheck(outputs),
    imageCheck(outputs),
    rules,
    notificationCheck(outputs),
    importQueue,
    alarms,
    mailCheck(outputs, "AlarmTopic"),
    mailCheck(outputs, "NotificationTopic"),
  ];
}

const queueCheck =
  (outputs: Outputs): Check =>
  async (ask, { stage }) => {
    const queue = outputs.get("JobQueue") ?? "";
    const found = await ask(["batch", "describe-job-queues", "--job-queues", queue]);
    if (!found.ok) return [unseen("the job queue", found)];
    const [one] = (found.json as { jobQueues: Queue[] }).jobQueues;
    if (!one) return [problem(`the job queue ${queue} does not exist`, deploy(stage))];
    if (one.state !== "ENABLED") {
      return [problem("the job queue is disabled", `aws batch update-job-queue --job-queue ${queue} --state ENABLED`)];
    }
    const environments = one.computeEnvironmentOrder.map(({ computeEnvironment }) => computeEnvironment);
    const machines = await ask(["batch", "describe-compute-environments", "--compute-environments", ...environments]);
    if (!machines.ok) return [ok("the job queue is enabled"), unseen("the compute environment", machines)];
    const { computeEnvironments } = machines.json as { computeEnvironments: Environment[] };
    const broken = computeEnvironments.filter(({ status, state }) => status === "INVALID" || state !== "ENABLED");
    if (broken.length === 0) return [ok("the job queue and its compute environment are enabled and valid")];
    return broken.map(({ status, state, statusReason = "no reason" }) =>
      problem(`the compute environment is ${state}, ${status}: ${statusReason}`, deploy(stage)),
    );
  };

interface Queue {
  state: string;
  computeEnvironmentOrder: { computeEnvironment: string }[];
}
interface Environment {
  status: string;
  state: string;
  statusReason?: string;
}

const rules: Check = async (ask, { stack, stage }) => {
  const found = await ask(["events", "list-rules", "--name-prefix", `${stack}-`]);
  if (!found.ok) return [unseen("the rules of EventBridge", found)];
  const { Rules } = found.json as { Rules: { Name: string; State: string }[] };
  const needed = ["reconcile", "summarize", "sweep"].map((name) => `${stack}-${name}-rule-1`);
  const states = new Map(Rules.map(({ Name, State }) => [Name, State]));
  const wrong = needed.filter((name) => states.get(name) !== "ENABLED");
  if (wrong.length === 0) return [ok("the rules that start reconcile, summarize and sweep are enabled")];
  return wrong.map((name) => {
    if (states.has(name)) return problem(`the rule ${name} is disabled`, `aws events enable-rule --name ${name}`);
    return problem(`the rule ${name} is missing`, deploy(stage));
  });
};

const notificationCheck =
  (outputs: Outputs): Check =>
  async (ask, { stage }) => {
    const bucket = outputs.get("BucketName") ?? "";
    const found = await ask(["s3api", "get-bucket-notification-configuration", "--bucket", bucket]);
    if (!found.ok) return [unseen("the bucket's notifications", found)];
    const text = JSON.stringify(found.json);
    const missing = ["imports/", "continuations/"].filter((prefix) => !text.includes(`"${prefix}"`));
    if (missing.length === 0) return [ok("files dropped into the bucket start imports")];
    return [problem(`files under ${missing.join(" and ")} of ${bucket} start no import`, deploy(stage))];
  };

/** Whether Lambda reads the queue in which the bucket announces files. */
const importQueue: Check = async (ask, { stack, stage }) => {
  const name = `${stack}-import`;
  const found = await ask(["lambda", "list-event-source-mappings", "--function-name", name]);
  if (!found.ok) return [unseen("what takes files from the queue of imports", found)];
  const [mapping] = (found.json as { EventSourceMappings: { UUID: string; State: string }[] }).EventSourceMappings;
  if (!mapping) return [problem("nothing takes files from the queue of imports", deploy(stage))];
  if (/^(Enabled|Enabling|Creating|Updating)$/.test(mapping.State)) return [ok("files in the queue are imported")];
  return [
    problem(
      `files stay in the queue of imports: what takes them is ${mapping.State.toLowerCase()}`,
      `aws lambda update-event-source-mapping --uuid ${mapping.UUID} --enabled`,
    ),
  ];
};

const alarms: Check = async (ask, { stack }) => {
  const found = await ask(["cloudwatch", "describe-alarms", "--alarm-name-prefix", `${stack}-`]);
  if (!found.ok) return [unseen("the alarms", found)];
  const { MetricAlarms } = found.json as { MetricAlarms: { AlarmName: string; StateValue: string }[] };
  const loud = MetricAlarms.filter(({ StateValue }) => StateValue === "ALARM");
  if (loud.length === 0) return [ok(`none of the ${MetricAlarms.length} alarms is on`)];
  return loud.map(({ AlarmName }): Finding => {
    return problem(
      `the alarm ${AlarmName} is on`,
      `docs/operating.md#${AlarmName.slice(stack.length + 1)} says what to do`,
    );
  });
};

/** The topics of a stack, by output: what each sends, and the parameter for its address. */
const TOPICS = { AlarmTopic: ["alarm", "alarmEmail"], NotificationTopic: ["notification", "notifyEmail"] } as const;

/** Whether a topic has a recipient: AWS sends nothing until the link in its first mail is clicked. */
const mailCheck =
  (outputs: Outputs, output: keyof typeof TOPICS): Check =>
  async (ask, { stage }) => {
    const [what, parameter] = TOPICS[output];
    const topic = outputs.get(output);
    // notifications are off by default
    if (!topic) return [];
    const found = await ask(["sns", "list-subscriptions-by-topic", "--topic-arn", topic]);
    if (!found.ok) return [unseen(`who receives ${what}s`, found)];
    const { Subscriptions: all } = found.json as { Subscriptions: { Endpoint: string; SubscriptionArn: string }[] };
    if (all.length === 0) {
      return [warning(`nobody receives ${what}s`, `npx sls deploy --stage ${stage} --param ${parameter}=…`)];
    }
    const pending = all.filter(({ SubscriptionArn }) => SubscriptionArn === "PendingConfirmation");
    if (pending.length === 0) return [ok(`${what}s are mailed`)];
    const names = pending.map(({ Endpoint }) => Endpoint).join(", ");
    return [warning(`${names} has not confirmed yet: until then no ${what} arrives`, "click the link in AWS's mail")];
  };
