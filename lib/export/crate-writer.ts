import { isoDate } from "../iso-date.ts";
import type { ExportRow } from "./export-row.ts";
import type { ExportContext, ExportWriter, Put } from "./writer.ts";

const CRATE = "https://w3id.org/ro/crate/1.1";
const PROFILE = "https://w3id.org/ro/wfrun/process/0.5";
const CONTEXT = [`${CRATE}/context`, "https://w3id.org/ro/terms/workflow-run/context"];
const ENGINE = "https://github.com/anamo/anamo";

/**
 * `ro-crate-metadata.json` of a Process Run Crate: an action for the last attempt of each plain item and nested task
 * that has ended, with its step as the instrument. Actions are numbered, so listing them takes no memory.
 */
export function crateWriter(put: Put, { table, nowMs, version }: ExportContext): ExportWriter {
  const steps = new Map<string, string>();
  let actions = 0;
  let begun = false;
  const begin = () => {
    const head = begun ? "" : `{"@context": ${JSON.stringify(CONTEXT)}, "@graph": [\n${JSON.stringify(DESCRIPTOR)}`;
    begun = true;
    return head;
  };
  const stepId = (step: string) => {
    const known = steps.get(step) ?? `#step-${steps.size + 1}`;
    steps.set(step, known);
    return known;
  };
  return {
    async page(rows) {
      const ended = rows
        .filter(hasEnded)
        .map((row) => actionOf(row, { id: `#run-${++actions}`, step: stepId(row.step) }));
      await put(begin() + ended.map((action) => `,\n${JSON.stringify(action)}`).join(""));
    },
    async end() {
      const software = [...steps].map(([name, id]) => ({ "@id": id, "@type": "SoftwareApplication", name }));
      const engine = { "@id": ENGINE, "@type": "SoftwareApplication", name: "anamo", url: ENGINE };
      const others = [...software, { ...engine, ...(version && { softwareVersion: version }) }, PROFILE_ENTITY];
      await put(`${begin()}${others.map((one) => `,\n${JSON.stringify(one)}`).join("")}`);
      const root = {
        "@id": "./",
        "@type": "Dataset",
        name: `Run of ${table}`,
        description: `What the tasks of the table ${table} did: the last attempt of each that has ended.`,
        datePublished: isoDate(nowMs),
        license: "The license of this run is not stated: add one before it is published.",
        conformsTo: { "@id": PROFILE },
      };
      await put(`,\n${JSON.stringify(root).slice(0, -1)}, "mentions": [`);
      for (let from = 1; from <= actions; from += IDS_A_WRITE) {
        const count = Math.min(IDS_A_WRITE, actions - from + 1);
        const ids = Array.from({ length: count }, (_, at) => `{"@id": "#run-${from + at}"}`).join(", ");
        await put(from === 1 ? ids : `,\n${ids}`);
      }
      await put("]}\n]}\n");
    },
  };
}

const IDS_A_WRITE = 1_000;

const DESCRIPTOR = {
  "@id": "ro-crate-metadata.json",
  "@type": "CreativeWork",
  conformsTo: { "@id": CRATE },
  about: { "@id": "./" },
};
const PROFILE_ENTITY = { "@id": PROFILE, "@type": "CreativeWork", name: "Process Run Crate", version: "0.5" };

function hasEnded({ kind, nestedTasks, state }: ExportRow): boolean {
  return !(kind === "item" && nestedTasks) && (state === "done" || state === "failed");
}

function actionOf(row: ExportRow, { id, step }: { id: string; step: string }): object {
  const { itemID, taskKey, taskID, state, cause, exitCode, message, script, endedAt } = row;
  const name = taskKey === undefined ? itemID : `${itemID} ${taskKey}`;
  const start = startOf(row);
  const why = [cause, exitCode === undefined ? undefined : `exit code ${exitCode}`, message].filter(Boolean).join(", ");
  return {
    "@id": id,
    "@type": "CreateAction",
    name,
    identifier: name,
    ...(script !== undefined && { description: script }),
    instrument: { "@id": step },
    agent: { "@id": ENGINE },
    about: taskID,
    ...(start !== undefined && { startTime: start }),
    ...(endedAt !== undefined && { endTime: endedAt }),
    actionStatus: { "@id": `http://schema.org/${state === "done" ? "CompletedActionStatus" : "FailedActionStatus"}` },
    ...(state === "failed" && { error: why || "failed" }),
  };
}

/** When a row's script began: an item was claimed slightly earlier, and a task records only its end. */
function startOf({ startedAt, endedAt, wallSeconds }: ExportRow): string | undefined {
  if (endedAt === undefined || wallSeconds === undefined) return startedAt;
  return isoDate(Date.parse(endedAt) - wallSeconds * 1_000);
}
