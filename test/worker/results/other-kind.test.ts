import { join } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { addItem } from "../../../lib/changes/add.ts";
import type { NewItem } from "../../../lib/items/new-item.ts";
import { openResults } from "../../../lib/results/open.ts";
import type { ResultPlace } from "../../../lib/results/place.ts";
import { S3Publisher } from "../../../worker/results/s3-publisher.ts";
import { testBucket, testTable } from "../../support/env.ts";
import { addItems, itemNow, newItem } from "../../support/items.ts";
import { testFolder, testWorker } from "../../support/worker.ts";

const LEAVES = 'mkdir "$OUT/sub"; echo x > "$OUT/sub/x"; echo y > "$OUT/y"';

/** What a list says about an item. */
const KINDS = {
  plain: { script: LEAVES },
  "plain without a result": { script: ":" },
  "three tasks": { scripts: [LEAVES, `${LEAVES} #`, `${LEAVES} ##`] },
  "two tasks, one without a result": { scripts: [LEAVES, ":"] },
  "two tasks without results": { scripts: [":", ": #"] },
} satisfies Record<string, Partial<NewItem>>;
type Kind = keyof typeof KINDS;

const FILES: Record<Kind, readonly string[]> = {
  plain: ["y"],
  "plain without a result": [],
  "three tasks": ["Task_0/y", "Task_1/y", "Task_2/y"],
  "two tasks, one without a result": ["Task_0/y"],
  "two tasks without results": [],
};
const ALL = Object.keys(KINDS) as Kind[];

test.each(["folder", "S3"])(
  "an item that a later list makes another kind leaves nothing of the old one, %s",
  async (at) => {
    const table = await testTable();
    const { s3, bucket } = testBucket();
    const place: ResultPlace =
      at === "folder" ? { folder: join(await testFolder(), "results") } : { bucket, prefix: `r-${table.name}` };
    const store = await openResults(place, async () => s3);
    const pairs = ALL.filter((kind) => FILES[kind].length > 0).flatMap((from) =>
      ALL.flatMap((to) => (from === to ? [] : [{ from, to, id: `${from} to ${to}` }])),
    );
    const work = async (source: string, kindOf: (pair: { from: Kind; to: Kind }) => Kind) => {
      for (const pair of pairs) {
        const { script: _, ...fields } = newItem(pair.id, { taskId: "S1", step: "align", source });
        await addItem(table, { ...fields, ...KINDS[kindOf(pair)] } as NewItem, "reset");
      }
      const { worker, events } = await testWorker(table, { results: place, items: 4 });
      await worker.run();
      expect(events.filter(({ kind }) => kind === "store:unreachable")).toEqual([]);
    };
    await work("one:1", ({ from }) => from);
    await work("two:1", ({ to }) => to);
    for (const { id, to } of pairs) {
      const { state, attempt } = await itemNow(table, id);
      expect([state, attempt], id).toEqual(["done", 2]);
      const found: string[] = [];
      for await (const { path } of store.list(["align", "S1", encodeURIComponent(id)])) {
        if (!/\/(sub\/x|\.manifest\.json)$/.test(path)) found.push(path.split("/").slice(3).join("/"));
      }
      const expected = FILES[to].map((file) => (at === "S3" ? `2/${file}` : file));
      expect(found.toSorted(), id).toEqual(expected);
    }
  },
);

test("a worker that may not list the bucket does not wait for that after each retried nested item", async () => {
  const table = await testTable();
  await addItems(table, [newItem("a", { scripts: ["true", "true"] })]);
  let tries = 0;
  const openS3 = async () => {
    const send = () => Promise.reject(Object.assign(new Error("no"), { name: "AccessDenied" }));
    return { send } as unknown as S3Client;
  };
  const insist = async <T>(_: string, call: () => Promise<T>): Promise<T> => {
    for (;;) {
      if (++tries > 3) throw new Error("tried again");
      try {
        return await call();
      } catch {}
    }
  };
  const publisher = new S3Publisher({ bucket: "b", prefix: "results" }, { openS3, table, insist });
  await expect(publisher.dropOtherKind(await itemNow(table, "a"))).rejects.toThrow("no");
  expect(tries).toBe(1);
});
