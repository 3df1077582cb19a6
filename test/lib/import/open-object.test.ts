import { expect, test } from "vitest";
import { openObject } from "../../../lib/import/open-object.ts";
import { importBench } from "../../support/imports.ts";

test("an object is read from the requested byte on, even if the server ignores the range and sends all of it", async () => {
  const { s3, bucket, put } = await importBench();
  const text = Array.from({ length: 20_000 }, (_, n) => `line ${n}`).join("\n");
  const key = await put("long.txt", text);
  const readFrom = async (from: number) => {
    const { bytes } = await openObject(s3, { bucket, key }, { from });
    return Buffer.concat(await Array.fromAsync(bytes)).toString();
  };
  expect(await readFrom(100_000)).toBe(text.slice(100_000));
  s3.middlewareStack.add(
    (next) => (args) => {
      delete (args.request as { headers: Record<string, string> }).headers.range;
      return next(args);
    },
    { step: "build" },
  );
  expect(await readFrom(100_000)).toBe(text.slice(100_000));
  expect(await readFrom(text.length)).toBe("");
});
