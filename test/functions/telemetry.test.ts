import { expect, test, vi } from "vitest";
import { withTelemetry } from "../../functions/telemetry.ts";

const IN_LAMBDA = { AWS_LAMBDA_FUNCTION_NAME: "anamo-dev-test", ANAMO_TABLE: "anamo-dev" };

test("outside Lambda a handler prints nothing, and needs no context", async () => {
  const { written, restore } = captureOutput();
  const handler = withTelemetry(
    "test",
    async (event: number, { log, count, remainingMs }) => {
      log.info("hello");
      count("Things", 1);
      return [event + 1, remainingMs()];
    },
    { env: {} },
  );
  expect(await handler(1)).toEqual([2, Number.POSITIVE_INFINITY]);
  expect(await handler(1, { getRemainingTimeInMillis: () => 900 })).toEqual([2, 900]);
  restore();
  expect(written).toEqual([]);
});

test.each([{ IS_LOCAL: "true" }, { AWS_SAM_LOCAL: "true" }])(
  "with %o a handler counts as outside Lambda",
  async (local) => {
    const { written, restore } = captureOutput();
    await withTelemetry("test", async (_: null, { log }) => log.info("hello"), { env: { ...IN_LAMBDA, ...local } })(
      null,
    );
    restore();
    expect(written).toEqual([]);
  },
);

test("ANAMO_LOG_LEVEL makes it print outside Lambda, to stderr and never to stdout", async () => {
  const { written, restore } = captureOutput();
  const handler = withTelemetry("test", async (_: null, { log }) => log.info("hello", { items: 3 }), {
    env: { ANAMO_LOG_LEVEL: "info" },
  });
  await handler(null);
  restore();
  expect(written).toHaveLength(1);
  expect(written[0]).toMatchObject({
    to: "stderr",
    line: { level: "INFO", message: "hello", items: 3, service: "test" },
  });
});

test("in Lambda metrics come out as one EMF line, with the table as a dimension", async () => {
  const { written, restore } = captureOutput();
  const handler = withTelemetry("test", async (_: null, { count }) => count("ItemsFreed", 3), { env: IN_LAMBDA });
  await handler(null, { functionName: "anamo-dev-test", awsRequestId: "1" });
  restore();
  expect(written).toHaveLength(1);
  expect(written[0]).toMatchObject({ to: "stdout", line: { ItemsFreed: 3, service: "test", table: "anamo-dev" } });
});

test("in Lambda an invocation without metrics prints no empty metrics and no warning", async () => {
  const { written, restore } = captureOutput();
  await withTelemetry("test", async () => 1, { env: IN_LAMBDA })(null, { awsRequestId: "1" });
  restore();
  expect(written).toEqual([]);
});

test("an error is logged once and rethrown unchanged", async () => {
  const { written, restore } = captureOutput();
  const error = new Error("broken");
  const handler = withTelemetry("test", async () => Promise.reject(error), { env: IN_LAMBDA });
  await expect(handler(null, { awsRequestId: "1" })).rejects.toBe(error);
  restore();
  expect(written).toHaveLength(1);
  expect(written[0]).toMatchObject({ line: { level: "ERROR", message: "test failed", error: { message: "broken" } } });
});

/** Collects the JSON lines that are printed until `restore`. */
function captureOutput() {
  const written: { to: string; line: unknown }[] = [];
  const spies = (["stdout", "stderr"] as const).map((to) =>
    vi.spyOn(process[to], "write").mockImplementation((chunk) => {
      const line = String(chunk);
      written.push({ to, line: line.startsWith("{") ? JSON.parse(line) : line });
      return true;
    }),
  );
  return { written, restore: () => spies.forEach((spy) => void spy.mockRestore()) };
}
