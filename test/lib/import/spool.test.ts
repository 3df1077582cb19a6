import { join } from "node:path";
import { expect, test } from "vitest";
import { Spool } from "../../../lib/import/spool.ts";
import { testFolder } from "../../support/worker.ts";

async function contentOf(spool: Spool): Promise<string> {
  const pieces = await Array.fromAsync(spool.read());
  return Buffer.concat(pieces).toString();
}

test("entries of any size come back in order, whether they fit the buffer or not", async () => {
  const spool = new Spool(join(await testFolder(), "entries"));
  const entries = [1, 700_000, 3_000_000, 2, 1_048_576, 1_048_577, 5, 0].map((size, n) => `${n}é`.padEnd(size, "x"));
  for (const [n, entry] of entries.entries()) await spool.add(n % 2 === 0 ? entry : Buffer.from(entry), "\n");
  expect(await contentOf(spool)).toBe(entries.map((entry) => `${entry}\n`).join(""));
  expect(spool.entries).toBe(entries.length);
});

test("once an entry does not fit, it and all later ones are left out and counted, also after another part", async () => {
  const folder = await testFolder();
  const spool = new Spool(join(folder, "first"), 10);
  for (const entry of ["12345", "678", "abc", "d"]) await spool.add(entry);
  expect([spool.entries, spool.leftOut, spool.isFull]).toEqual([2, 2, true]);
  const next = new Spool(join(folder, "second"), 10);
  await next.restore(spool.read(), spool.entries, spool.leftOut);
  await next.add("e");
  expect([next.entries, next.leftOut]).toEqual([2, 3]);
  expect(await contentOf(next)).toBe("12345678");
});
