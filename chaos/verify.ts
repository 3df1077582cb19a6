import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { chunksOf } from "../lib/flow/chunks-of.ts";
import { ATTR, type Row } from "../lib/store/attributes.ts";
import { ROWS_A_READ, readItemRows } from "../lib/store/read-rows.ts";
import type { Table } from "../lib/table.ts";
import type { Audit, Claim, ItemHistory } from "./audit.ts";
import type { Hit } from "./workers.ts";
import { type PlannedItem, type TaskKind, taskKeys } from "./workload.ts";

/** What a run is judged by. */
export interface Evidence {
  table: Table;
  audit: Audit;
  /** the folder that tasks write into */
  ledger: string;
  /** what was done to each worker: see {@link ChaosWorkers.hits} */
  hits: ReadonlyMap<string, readonly Hit[]>;
  /** when the store was killed: just before that, it may have accepted a write that nobody observed */
  storeKilledAtMs: readonly number[];
}

/** The outcome for the items of a run. */
export class Verdict {
  items = 0;
  done = 0;
  failed = 0;
  tasks = 0;
  /** how often scripts started */
  runs = 0;
  /** tasks that were completed, each by one run */
  completed = 0;
  /** all other runs, by the recorded reason for another run: `<itemID> <task> #<attempt>` */
  readonly extraRuns: Record<string, string[]> = {};
  /** reports of imports that are missing or do not account for all rows */
  readonly imports: string[] = [];
  readonly lost: string[] = [];
  readonly doublyCompleted: string[] = [];
  readonly unexplained: string[] = [];
  /** runs that began before the items that they wait for had all their results */
  readonly early: string[] = [];

  extra(reason: string, run: string): void {
    const runs = this.extraRuns[reason] ?? [];
    runs.push(run);
    this.extraRuns[reason] = runs;
  }
}

/** What a task wrote about itself. */
interface Written {
  /** the attempts that started it, in order */
  starts: number[];
  /** exit code by attempt */
  ends: Map<number, number>;
  hasResult: boolean;
  /** attempts that began too early, and the task whose result was missing */
  early: string[];
}

/** Judges items that have ended by what their tasks wrote, what the store accepted, and their rows. */
export async function verify(items: readonly PlannedItem[], evidence: Evidence, verdict: Verdict): Promise<void> {
  for (const chunk of chunksOf(items, ROWS_A_READ)) {
    const rows = new Map<unknown, Row>();
    const ids = chunk.map(({ itemId }) => itemId);
    for (const row of await readItemRows(evidence.table, ids)) rows.set(row[ATTR.itemId], row);
    for (const item of chunk) await verifyItem(item, { ...evidence, row: rows.get(item.itemId) }, verdict);
  }
}

async function verifyItem(
  item: PlannedItem,
  evidence: Evidence & { row: Row | undefined },
  verdict: Verdict,
): Promise<void> {
  const { row, audit } = evidence;
  const history = audit.of(item.itemId);
  const state = row?.[ATTR.state];
  verdict.items++;
  if (state === "done") verdict.done++;
  if (state === "failed") verdict.failed++;
  if (state !== item.end) verdict.lost.push(`${item.itemId} is ${state ?? "not in the table"}, not ${item.end}`);
  if (history.done + history.failed > 1) {
    verdict.doublyCompleted.push(`${item.itemId} became done ${history.done} times, failed ${history.failed} times`);
  }
  for (const [index, taskKey] of taskKeys(item).entries()) {
    const kind = item.tasks[index] ?? "ok";
    const written = await readLedger(join(evidence.ledger, `${item.itemId}.${taskKey}`));
    verifyTask({ item, taskKey, kind, written, history }, evidence, verdict);
  }
}

interface JudgedTask {
  item: PlannedItem;
  taskKey: string;
  kind: TaskKind;
  written: Written;
  history: ItemHistory;
}

function verifyTask(task: JudgedTask, evidence: Evidence & { row: Row | undefined }, verdict: Verdict): void {
  const { item, taskKey, kind, written, history } = task;
  const name = `${item.itemId} ${taskKey}`;
  const done = history.tasks.get(taskKey)?.done ?? [];
  verdict.tasks++;
  verdict.runs += written.starts.length;
  verdict.early.push(...written.early.map((one) => `${name} ${one}`));
  if (done.length > 1) verdict.doublyCompleted.push(`${name} became done in attempts ${done.join(", ")}`);
  if (new Set(written.starts).size < written.starts.length)
    verdict.unexplained.push(`${name} ran twice in one attempt`);
  const completing = kind === "fail-always" ? undefined : completedBy(task, evidence);
  if (completing !== undefined) verdict.completed++;
  else if (kind !== "fail-always") verdict.lost.push(`${name} was not completed`);
  for (const attempt of written.starts) {
    if (attempt === completing) continue;
    const reason = whyExtra(task, attempt, evidence);
    const run = `${name} #${attempt}`;
    verdict.extra(reason ?? "unexplained", run);
    if (reason === undefined) verdict.unexplained.push(`${run}: ${JSON.stringify(history.claims)}`);
  }
}

/** The attempt that completed a task, if it also left a start, an end and a result. */
function completedBy(
  { item, taskKey, written, history }: JudgedTask,
  { row, storeKilledAtMs }: Evidence & { row: Row | undefined },
): number | undefined {
  const isPlain = item.tasks.length === 1;
  const heard = isPlain
    ? history.claims.find(({ end }) => end?.state === "done")?.attempt
    : history.tasks.get(taskKey)?.done[0];
  const isProven = (attempt: number) => written.ends.get(attempt) === 0 && written.hasResult;
  if (heard !== undefined) return isProven(heard) ? heard : undefined;
  // nobody observed the write that completed it; that is possible when the store is killed, and then its rows show
  // which attempt it was
  if (storeKilledAtMs.length === 0 || row?.[ATTR.state] !== item.end) return undefined;
  const last = isPlain ? Number(row[ATTR.attempt]) : written.starts.findLast(isProven);
  return last !== undefined && isProven(last) ? last : undefined;
}

const MAY_END: Record<TaskKind, readonly string[]> = {
  ok: [],
  loud: [],
  "fail-once": ["exit"],
  "fail-always": ["exit"],
  "hang-once": ["timeout"],
};

/** Why a run did not complete its task, according to what is recorded about it; undefined if nothing explains it. */
function whyExtra(task: JudgedTask, attempt: number, evidence: Evidence): string | undefined {
  const { item, taskKey, kind, history } = task;
  const claim = history.claims.find((one) => one.attempt === attempt);
  const recorded = history.tasks.get(taskKey)?.failed.find((one) => one.attempt === attempt)?.cause;
  const failure = recorded ?? (item.tasks.length === 1 ? claim?.end?.cause : undefined);
  if (failure !== undefined && MAY_END[kind].includes(failure)) return failure;
  const why = claim?.end === undefined ? whyUnheard(history, attempt, evidence) : whyCutOff(claim, evidence);
  if (why !== undefined) return why;
  // another claim, which was cut off later, completed the task at the same time
  const [other] = history.tasks.get(taskKey)?.done ?? [];
  if (other === undefined || other === attempt) return undefined;
  return whyCutOff(
    history.claims.find((one) => one.attempt === other),
    evidence,
  );
}

/**
 * Explains a claim that was not observed, or whose end was not: only a kill of the store at that time explains that.
 */
function whyUnheard({ claims }: ItemHistory, attempt: number, { storeKilledAtMs }: Evidence): string | undefined {
  const heard = claims.filter((claim) => claim.attempt !== undefined);
  const fromMs = Math.max(0, ...heard.filter((claim) => Number(claim.attempt) <= attempt).map(({ atMs }) => atMs));
  const later = heard.filter((claim) => Number(claim.attempt) > attempt);
  const toMs = Math.min(...later.map(({ atMs }) => atMs));
  return storeKilledAtMs.some((atMs) => fromMs <= atMs && atMs <= toMs) ? "unheard" : undefined;
}

/** What cut a claim off: something done to its worker, or the end of its lease. */
function whyCutOff(claim: Claim | undefined, { hits }: Evidence): string | undefined {
  if (claim?.end === undefined) return undefined;
  const { cause, message = "", atMs } = claim.end;
  if (cause !== "interrupted" && cause !== "lost") return undefined;
  const hit = hits.get(claim.instance ?? "")?.findLast((one) => one.atMs <= atMs);
  if (hit !== undefined) return hit.why;
  return cause === "lost" && /lease ran out/.test(message) ? "leaseExpired" : undefined;
}

async function readLedger(path: string): Promise<Written> {
  const text = await readFile(path, "utf8").catch(() => "");
  const written: Written = { starts: [], ends: new Map(), hasResult: false, early: [] };
  for (const line of text.split("\n")) {
    const [what, attempt = "", exitCode = ""] = line.split(" ");
    if (what === "S") written.starts.push(Number(attempt));
    if (what === "X") written.early.push(`#${attempt} before ${exitCode}`);
    if (what === "E") written.ends.set(Number(attempt), Number(exitCode));
  }
  const [itemId, taskKey] = path.slice(path.lastIndexOf("/") + 1).split(".");
  const result = await readFile(`${path}.result`, "utf8").catch(() => "");
  written.hasResult = result === `${itemId} ${taskKey}\n`;
  return written;
}
