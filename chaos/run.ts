import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dynamoClient } from "../lib/dynamo-client.ts";
import { summarize } from "../lib/progress/summarize.ts";
import { openTable, type Table } from "../lib/table.ts";
import { killLeftovers } from "../local/batch/leftovers.ts";
import { Undo } from "../local/undo.ts";
import { Actor } from "./act.ts";
import { Audit, type AuditHooks } from "./audit.ts";
import { ChaosFunctions } from "./functions.ts";
import type { ChaosOptions } from "./options.ts";
import { fingerprint, planOf } from "./plan.ts";
import { Play } from "./play.ts";
import { ChaosProxies } from "./proxies.ts";
import { type ChaosReport, reportOf } from "./report.ts";
import type { RoundsOptions } from "./rounds.ts";
import { ChaosStack } from "./stack.ts";
import { Tally } from "./tally.ts";
import type { Evidence } from "./verify.ts";
import { ChaosWorkers } from "./workers.ts";

const [TABLE, BUCKET] = ["chaos", "chaos-bucket"];
/** Set in the environment of every process of a run, so that the process can be found and ended. */
const MARK = "ANAMO_CHAOS";
const ITEMS_A_WORKER = 2;
/** Hundreds of processes start; with compiled code, starting takes half of the processor time. */
const COMPILE_CACHE = fileURLToPath(new URL("../.cache/chaos", import.meta.url));
const PIPELINE = new URL("task.sh", import.meta.url);

/** Runs workers on an embedded stack while everything goes wrong, then judges what happened to the items. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const dir = await mkdtemp(join(tmpdir(), "anamo-chaos-"));
  const undo = new Undo();
  let isGood = false;
  undo.push(async () => {
    if (options.keep || !isGood) options.tell(`everything is in ${dir}`);
    else await rm(dir, { recursive: true, force: true });
  });
  undo.push(() => killLeftovers([`${MARK}=${dir}`]));
  try {
    const report = await runIn(dir, options, undo);
    isGood = report.problems.length === 0;
    return report;
  } finally {
    await undo.run();
  }
}

async function runIn(dir: string, options: ChaosOptions, undo: Undo): Promise<ChaosReport> {
  const { seed, durationMs } = options;
  const firstClaim = Promise.withResolvers<string>();
  let play: Play | undefined;
  const hooks: AuditHooks = { onClaim: firstClaim.resolve, onEnd: (itemId) => play?.ended(itemId) };
  const { stage, evidence, audit } = await setUp({ dir, options, undo, hooks });
  const rounds: RoundsOptions = {
    seed,
    items: options.items,
    tasks: options.tasks,
    taskSeconds: taskSecondsOf(options),
    // so that later imports are hit as well; a short run has no time for that
    spreadMs: durationMs > 60_000 ? 0.2 * durationMs : 0,
    bucket: BUCKET,
    stack: stage.stack,
    table: stage.table,
    ledger: evidence.ledger,
  };
  play = new Play({ options, stage, rounds, evidence });
  const startedAt = performance.now();
  const actor = new Actor(stage);
  undo.push(() => actor.end());
  const faults = firstClaim.promise.then(async () => {
    await Promise.all([actor.follow(planOf(options)), actor.wait(durationMs)]);
    stage.proxies.calm();
    stage.functions.isFaulty = false;
  });
  const verdict = await play.run(faults);
  const { items } = await summarize(stage.table);
  return reportOf({
    options,
    plan: fingerprint(options),
    seconds: (performance.now() - startedAt) / 1_000,
    tally: stage.tally,
    requests: stage.proxies.requests,
    verdict,
    audit,
    items,
  });
}

/** Starts everything, and pushes the steps that stop it onto `undo`. */
async function setUp({
  dir,
  options,
  undo,
  hooks,
}: {
  dir: string;
  options: ChaosOptions;
  undo: Undo;
  hooks: AuditHooks;
}) {
  const { seed, workers: count } = options;
  const folder = (name: string) => join(dir, name);
  for (const name of ["ledger", "pipeline", "scratch", "stack"]) await mkdir(folder(name));
  await cp(PIPELINE, join(folder("pipeline"), "task.sh"));
  const mark = { [MARK]: dir };
  const tally = new Tally();
  const audit = new Audit(hooks);
  const stack = new ChaosStack({
    dir: folder("stack"),
    table: TABLE,
    bucket: BUCKET,
    maxRunning: count,
    // a short run has no processor time to spare
    sweepMs: options.durationMs < 60_000 ? 2_000 : 1_000,
    mark: { ...mark, NODE_COMPILE_CACHE: COMPILE_CACHE },
    call: (name, event) => functions.deliver(name, event),
    onJob: (jobId, status) => workers.onJob(jobId, status),
  });
  const proxies = await ChaosProxies.start({ seed, env: () => stack.env, onReply: audit.hear, tally });
  undo.push(() => proxies.close());
  const own = { ...ownVariables(process.env), ...mark, NODE_COMPILE_CACHE: COMPILE_CACHE };
  const env = () => ({ ...own, ...LIMITS, ...stack.env, ...proxies.endpoints });
  const functions = new ChaosFunctions({ seed, env, logFile: folder("functions.log"), tally });
  undo.push(async () => functions.close());
  undo.push(async () => void (await stack.kill("stack")));
  await stack.start();
  const client = dynamoClient({ ...stack.env, AWS_ENDPOINT_URL_DYNAMODB: proxies.control });
  undo.push(async () => client.destroy());
  const table: Table = openTable(TABLE, client);
  const worker = {
    ...env(),
    ANAMO_LEASE_SECONDS: "3",
    ANAMO_ITEMS: String(ITEMS_A_WORKER),
    ANAMO_NESTED: "2",
    ANAMO_WAIT: "yes",
    ANAMO_POLL_SECONDS: "0.3",
    ANAMO_MAX_POLL_SECONDS: "2",
    ANAMO_GRACE_SECONDS: "1",
    ANAMO_PAUSE_AFTER: "0",
    ANAMO_PIPELINE: folder("pipeline"),
    ANAMO_SCRATCH: folder("scratch"),
    ANAMO_CHAOS_LEDGER: folder("ledger"),
    POWERTOOLS_LOG_LEVEL: "WARN",
  };
  const workers = new ChaosWorkers({ seed, count, dir, mark: `${MARK}=${dir}`, env: worker, stack, tally });
  workers.start();
  undo.push(() => workers.close());
  const evidence: Evidence = {
    table,
    audit,
    ledger: folder("ledger"),
    hits: workers.hits,
    storeKilledAtMs: stack.killedAtMs,
  };
  return { stage: { seed, table, stack, functions, workers, proxies, tally }, evidence, audit };
}

/** Items are lost and interrupted far more often here than any reasonable limit allows. */
const LIMITS = { ANAMO_MAX_LOSSES: "100000", ANAMO_MAX_INTERRUPTIONS: "100000" };

/** Long enough that the items of a round take about half of the run: a sleeping task needs no processor time. */
function taskSecondsOf({ items, tasks: most, workers, durationMs }: ChaosOptions): number {
  const tasks = items * (5 / 6 + (2 + most) / 12);
  return Math.min(3, Math.max(0.05, ((durationMs / 1_000) * workers * ITEMS_A_WORKER * 0.5) / tasks));
}

function ownVariables({ PATH, HOME, TMPDIR, LANG }: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ PATH, HOME, TMPDIR, LANG }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
