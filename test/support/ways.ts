import type {
  AddedItem,
  ChangeReport,
  ItemDetail,
  ItemState,
  ItemToAdd,
  JobStates,
  LaunchReport,
  LogText,
  NestedProgress,
  Summary,
} from "../../workflow/index.ts";
import type { Session } from "./session.ts";

/** One way to do what PyAnamo's pages do, with the commands or with the class. Both return the same plain data. */
export interface Way {
  add(table: string, item: ItemToAdd): Promise<AddedItem>;
  reset(
    table: string,
    ids: readonly string[],
    options: { to?: "todo" | "held"; tasks?: "all" | readonly string[] },
  ): Promise<ChangeReport>;
  show(table: string, id: string): Promise<ItemDetail | undefined>;
  ids(table: string, selection: { state: ItemState; match: string }): Promise<string[]>;
  logs(table: string, id: string): Promise<LogText[]>;
  summary(table: string): Promise<Summary>;
  nested(table: string, options?: { items: true }): Promise<NestedProgress>;
  watchNested(table: string, count: number): Promise<NestedProgress[]>;
  launch(table: string): Promise<LaunchReport>;
  jobs(table: string): Promise<JobStates>;
}

/** Uses the class. */
export function byMethods({ workflow }: Session): Way {
  const on = (table: string) => workflow.useTable(table);
  return {
    add: (table, item) => on(table).add(item),
    reset: (table, ids, { to, tasks }) =>
      tasks ? on(table).resetTasks(ids, tasks, { to }) : on(table).reset(ids, { to }),
    show: (table, id) => on(table).show(id),
    ids: (table, { state, match }) =>
      Array.fromAsync(on(table).items({ states: [state], match }), ({ itemID = "" }) => itemID),
    logs: (table, id) => Array.fromAsync(on(table).logs(id)),
    summary: (table) => on(table).summary(),
    nested: (table, options) => on(table).summary({ nested: true, ...options }),
    watchNested: (table, count) => Array.fromAsync(on(table).watch({ nested: true, count, everyMs: 20 })),
    launch: (table) => on(table).launch(),
    jobs: (table) => on(table).jobs(),
  };
}

/** Uses the commands. */
export function byCommands({ run, json }: Session): Way {
  return {
    add: (table, item) => json("add", item.itemID, ...flagsOf(item), "-t", table),
    reset: (table, ids, { to, tasks }) => {
      const which = tasks === "all" ? ["--all-tasks"] : tasks ? ["--task", ...tasks] : [];
      return json("reset", ...ids, ...(to ? ["--to", to] : []), ...which, "--yes", "-t", table);
    },
    show: (table, id) => json("show", id, "-t", table),
    ids: async (table, { state, match }) => {
      const { stdout } = await run("items", "--state", state, "--match", match, "--ids", "-t", table);
      return stdout.trimEnd().split("\n");
    },
    logs: (table, id) => json("logs", id, "-t", table),
    summary: (table) => json("summary", "-t", table),
    nested: (table, options) => json("summary", "-t", table, "--nested", ...(options?.items ? ["--items"] : [])),
    watchNested: async (table, count) => {
      const words = ["watch", "-t", table, "--nested", "--count", String(count), "--every", "0.02", "--json"];
      const { stdout } = await run(...words);
      const lines = stdout.trimEnd().split("\n");
      return lines.map((line) => JSON.parse(line) as NestedProgress);
    },
    launch: (table) => json("launch", "-t", table),
    jobs: (table) => json("jobs", "-t", table),
  };
}

function flagsOf({ taskID, script, args, maxAttempts }: ItemToAdd): string[] {
  const given = { task: taskID, script, args, "max-attempts": maxAttempts };
  return Object.entries(given).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}`, String(value)]));
}
