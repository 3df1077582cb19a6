import fc from "fast-check";
import { expect, test } from "vitest";
import { RowAdder } from "../../../lib/import/add-rows.ts";
import { Ledger } from "../../../lib/import/ledger.ts";
import { Spool } from "../../../lib/import/spool.ts";
import type { Table } from "../../../lib/table.ts";
import type { Fate } from "../../support/dynamo-line.ts";
import { testTable } from "../../support/env.ts";
import { scriptsNow } from "../../support/imports.ts";
import { tableOverLine } from "../../support/lost-reply.ts";
import { testFolder } from "../../support/worker.ts";

async function adderOn(table: Table, width: number) {
  const folder = await testFolder();
  const ledger = new Ledger(new Spool(`${folder}/entries`), new Spool(`${folder}/rows`));
  const context = { table, importId: "imp", onDuplicate: "skip" as const };
  return { ledger, adder: new RowAdder({ ...context, nestedDelimiter: ",", defaultStep: "default" }, ledger, width) };
}

const record = (itemID: string, script: string, line: number) => ({
  fields: { itemID, TaskID: "s", TaskScript: script },
  line,
  raw: undefined,
  end: { offset: line, line },
});

test("whichever itemIDs repeat in a file, the first row of each is added, and all rows are counted", async () => {
  const table = await testTable();
  let round = 0;
  const ids = fc.array(fc.constantFrom("a", "b", "c", "d", "", "e\n"), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(ids, fc.integer({ min: 1, max: 4 }), async (names, width) => {
      round++;
      const { adder, ledger } = await adderOn(table, width);
      const wanted: Record<string, string> = {};
      for (const [n, name] of names.entries()) {
        const isId = /^[a-d]$/.test(name);
        const id = isId ? `${round}-${name}` : name;
        if (isId) wanted[id] ??= `echo ${n}`;
        await adder.take(record(id, `echo ${n}`, n + 2));
      }
      await adder.drain();
      const scripts = await scriptsNow(table);
      const mine = Object.entries(scripts).filter(([id]) => id.startsWith(`${round}-`));
      expect(Object.fromEntries(mine)).toEqual(wanted);
      const { imported, rejected } = ledger.counts;
      expect({ imported, rejected }).toEqual({
        imported: Object.keys(wanted).length,
        rejected: names.length - Object.keys(wanted).length,
      });
    }),
    { numRuns: 40 },
  );
});

test.each([1, 3, 64])(
  "the error of a row is thrown by the next take() and by drain(), with %i rows at a time",
  async (width) => {
    const table = await testTable();
    let puts = 0;
    const broken = await tableOverLine(
      table,
      (sent): Fate => (sent === "PutItem" && ++puts === 5 ? "refuse" : "carry"),
    );
    const { adder } = await adderOn(broken, width);
    const takeAll = async () => {
      for (let n = 0; n < 200; n++) await adder.take(record(`i${n}`, "true", n + 2));
    };
    await expect(takeAll()).rejects.toThrow("refused by the fault proxy");
    await expect(adder.drain()).rejects.toThrow("refused by the fault proxy");
    expect(puts).toBeLessThan(5 + 2 * width);
  },
);
