import type { NewItem } from "../lib/items/new-item.ts";
import { importItems } from "./import-items.ts";
import { meter, type Units } from "./meter.ts";
import { withStack } from "./stack.ts";
import { work } from "./work.ts";

/** Capacity units per item, or per nested task, from import to done. */
export interface UnitFigures {
  what: string;
  count: number;
  write: number;
  read: number;
}

/** Units for plain items, nested tasks, and a nested item of 400 tasks that is interrupted halfway. */
export async function units(): Promise<UnitFigures[]> {
  const plain = Array.from({ length: 500 }, (_, n) => ({ itemId: `p${n}`, script: "echo fine" }));
  const logged = Array.from({ length: 200 }, (_, n) => ({ itemId: `l${n}`, script: "seq 300 | head -c 1000" }));
  const pairs = [
    ...Array.from({ length: 250 }, (_, n) => ({ itemId: `a${n}`, taskId: `S${n}`, step: "a", script: "true" })),
    ...Array.from({ length: 250 }, (_, n) => behind("a", `S${n}`)),
  ];
  const noise = "head -c 1500 /dev/urandom | base64 -w0 | head -c 2000";
  return [
    await measure("plain item, short log", plain, plain.length),
    await measure("plain item, 1 kB log", logged, logged.length),
    await measure("half of all items behind one of the other half", pairs, pairs.length),
    await measure("nested task, 1 kB log (100 of one item)", [nested(100, "seq 300 | head -c 1000")], 100),
    await measure("nested task, 2 kB of text (400 of one item)", [nested(400, "seq 500 | head -c 2000")], 400),
    await measure("nested task, 2 kB of noise (400, interrupted half way)", [nested(400, noise)], 400, 200),
  ];
}

type BenchItem = Pick<NewItem, "itemId" | "script" | "scripts"> & Partial<NewItem>;

function behind(step: string, taskId: string): BenchItem {
  return { itemId: `behind ${taskId}`, taskId, step: "b", script: "true", after: [step] };
}

function nested(tasks: number, script: string): BenchItem {
  return { itemId: "nested", scripts: Array.from({ length: tasks }, () => script) };
}

/** Adds and runs the items; after `stopAfter` tasks the first worker is stopped and another continues. */
async function measure(what: string, items: BenchItem[], count: number, stopAfter?: number): Promise<UnitFigures> {
  return withStack(async (bench) => {
    const { units: used } = meter(bench.client);
    await importItems(bench.table, items);
    if (stopAfter !== undefined) await work(bench, { stopAfter });
    await work(bench);
    return { what, count, write: perItem(used, "write", count), read: perItem(used, "read", count) };
  });
}

function perItem(used: Units, kind: "read" | "write", count: number): number {
  return Math.round((used[kind] / count) * 100) / 100;
}

if (import.meta.main) console.table(await units());
