import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { asAnswer, takeBody } from "../../../local/patches/take-body.ts";

const full = () => Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });

test("a body that no longer fits the disk is read to its end, and then answered", async () => {
  const body = Readable.from([Buffer.from("a"), Buffer.from("b"), Buffer.from("c")]);
  let written = 0;
  const taken = takeBody(body, async () => {
    if (++written > 1) throw full();
  });
  await expect(taken).rejects.toMatchObject({ code: "ENOSPC" });
  expect(body.readableEnded).toBe(true);
  expect(written).toBe(2);
});

test("the answer says which disk is full, as an error that is not tried again", () => {
  expect(asAnswer(full(), "/data")).toMatchObject({
    code: "DiskFull",
    message: "the disk of /data is full",
    status: 400,
  });
  const other = new Error("x");
  expect(asAnswer(other, "/data")).toBe(other);
});
