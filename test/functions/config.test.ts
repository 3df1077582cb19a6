import { expect, test } from "vitest";
import { lazily, readPolicy, readVariable } from "../../functions/config.ts";
import { ConfigError } from "../../lib/errors.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";

test.each([
  ["ANAMO_TABLE", undefined, "ANAMO_TABLE: expected the name of the table, found nothing"],
  ["ANAMO_TABLE", "", "ANAMO_TABLE: expected the name of the table, found nothing"],
  ["ANAMO_TABLE", "a b", 'ANAMO_TABLE: expected the name of a DynamoDB table, found "a b"'],
  ["ANAMO_BUCKET", "UPPER", 'ANAMO_BUCKET: expected the name of an S3 bucket, found "UPPER"'],
  ["ANAMO_MAX_ATTEMPTS", "many", 'ANAMO_MAX_ATTEMPTS: expected a whole number, found "many"'],
  ["ANAMO_MAX_ATTEMPTS", "0", 'ANAMO_MAX_ATTEMPTS: expected 1 or more, found "0"'],
  ["ANAMO_SLOT_PRICE", "cheap", 'ANAMO_SLOT_PRICE: expected the price of a slot-hour, such as 0.05 USD, found "cheap"'],
  ["ANAMO_MAX_LOSSES", "-1", 'ANAMO_MAX_LOSSES: expected a whole number, found "-1"'],
] as const)("%s set to %j is refused by name", (name, value, message) => {
  const read = () => readVariable({ [name]: value }, name);
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(message);
});

test("a variable that is not set or empty has its default", () => {
  expect(readPolicy({})).toEqual(DEFAULT_POLICY);
  expect(readPolicy({ ANAMO_MAX_ATTEMPTS: "" })).toEqual(DEFAULT_POLICY);
  expect(readVariable({ ANAMO_JOB_QUEUE: "" }, "ANAMO_JOB_QUEUE")).toBeUndefined();
  expect(readVariable({ ANAMO_SLOT_PRICE: "" }, "ANAMO_SLOT_PRICE")).toBeUndefined();
  expect(readVariable({ ANAMO_SLOT_PRICE: "0.05 USD" }, "ANAMO_SLOT_PRICE")).toEqual({ amount: 0.05, currency: "USD" });
});

test("the caps of the retry policy can be set", () => {
  const env = { ANAMO_MAX_ATTEMPTS: "5", ANAMO_MAX_INTERRUPTIONS: "0", ANAMO_MAX_LOSSES: "7" };
  expect(readPolicy(env)).toEqual({ ...DEFAULT_POLICY, maxAttempts: 5, maxInterruptions: 0, maxLosses: 7 });
});

test("a lazy value is made once, and tried again after a failure", () => {
  let calls = 0;
  const made = lazily(() => {
    calls += 1;
    if (calls === 1) throw new Error("not yet");
    return { calls };
  });
  expect(calls).toBe(0);
  expect(made).toThrow("not yet");
  expect(made()).toBe(made());
  expect(calls).toBe(2);
});
