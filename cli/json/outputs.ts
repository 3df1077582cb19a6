import * as z from "zod";
import { changes } from "./changes.ts";
import { env } from "./env.ts";
import { logLine } from "./events.ts";
import { explanation } from "./explain.ts";
import { exportRow } from "./export.ts";
import { addedItem, droppedFile, dryRun, importReport } from "./imports.ts";
import { itemDetail, itemDetails, items } from "./items.ts";
import { jobs } from "./jobs.ts";
import { launched, lifted, stopped } from "./launches.ts";
import { logLines, logs } from "./logs.ts";
import { nested, samples, summary } from "./progress.ts";
import { report } from "./report.ts";
import { results, stored } from "./results.ts";
import { run, runDryRun } from "./run.ts";
import { stepChanged, stepKept, steps } from "./steps.ts";
import * as tables from "./tables.ts";
import { plan, storedWorkflow } from "./workflows.ts";

/*
 * The schemas of --json output. `npm run docs` makes docs/json/ from them, tests check every `--json` output that they
 * see, and each schema is tied to a type, so that neither can change without the other. Commands import only types from
 * this folder, so that none loads it.
 *
 * For a new command with `--json`, write its schema into the file for its kind, add it below, and run `npm run docs`.
 */

/** What one command prints with `--json`. */
export interface JsonOutput {
  /** the schema of its document, or of each document by the options that request it: `--min|--max` */
  forms: Readonly<Record<string, z.ZodType>>;
  /** it prints such documents one after another, each on its own line */
  isLines?: true;
}

/** By command, without `anamo`. The key of the form that needs no option is "". */
export const JSON_OUTPUTS: Readonly<Record<string, JsonOutput>> = {
  run: { forms: { "": run, "--dry-run": runDryRun } },
  import: { forms: { "": importReport, "--dry-run": dryRun, "--no-wait": droppedFile } },
  plan: { forms: { "": plan } },
  "workflow put": { forms: { "": storedWorkflow } },
  add: { forms: { "": addedItem } },
  summary: { forms: { "": summary, "--nested": nested, "--by-sample": samples } },
  watch: { forms: { "": summary, "--nested": nested }, isLines: true },
  report: { forms: { "": report } },
  items: { forms: { "": items } },
  show: { forms: { "": itemDetail, "--sample": itemDetails } },
  explain: { forms: { "": explanation } },
  // without a selection it prints how much is stored
  results: { forms: { "": z.union([results, stored]) } },
  logs: { forms: { "": logs, "--grep": logLines } },
  jobs: { forms: { "": jobs } },
  launch: { forms: { "": launched } },
  stop: { forms: { "": stopped, "--lift": lifted } },
  "step list": { forms: { "": steps } },
  "step pause": { forms: { "": stepChanged } },
  "step resume": { forms: { "": stepChanged } },
  "step keep": { forms: { "": stepKept } },
  reset: { forms: { "": changes } },
  hold: { forms: { "": changes } },
  release: { forms: { "": changes } },
  delete: { forms: { "": changes } },
  "table create": { forms: { "": tables.created } },
  "table check": { forms: { "": tables.check } },
  "table list": { forms: { "": tables.list } },
  "table capacity": { forms: { "": tables.capacity } },
  "table autoscale": {
    forms: {
      "": tables.autoscaling,
      "--min|--max|--target|--cooldown": tables.autoscalingSet,
      "--off": tables.autoscalingEnded,
    },
  },
  "table upgrade": { forms: { "": tables.upgraded } },
  "table migrate": { forms: { "": tables.migration } },
  "table delete": { forms: { "": tables.deleted } },
  env: { forms: { "": env } },
};

/** Other JSON lines that anamo writes, by the name of their schema in docs/json/. */
export const JSON_LINES: Readonly<Record<string, { schema: z.ZodType; title: string; page: string }>> = {
  export: { schema: exportRow, title: "anamo export --format jsonl", page: "../export.md" },
  events: { schema: logLine, title: "logs of workers and functions", page: "../events.md" },
};
