import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { parseLaunchEvent } from "../../functions/launch-event.ts";
import { parseS3Event } from "../../functions/s3-event.ts";
import { checkScheduled } from "../../functions/scheduled-event.ts";
import { AnamoError } from "../../lib/errors.ts";
import { parseBatchEvent } from "../../lib/jobs/batch-event.ts";
import { reconcileJob } from "../../lib/jobs/reconcile.ts";
import { text } from "./texts.ts";
import type { FuzzWorld } from "./world.ts";

const FOLDER = new URL("../../events/", import.meta.url);
const RECORDED = readdirSync(FOLDER)
  .sort()
  .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as unknown);

const value = fc.oneof(text, fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(...RECORDED));
const change = fc.record({ at: fc.nat(200), how: fc.constantFrom("remove", "replace", "wrap", "quote"), value });

/** A recorded event of any kind, with some fields missing or changed. */
export const events: fc.Arbitrary<unknown> = fc
  .record({
    event: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...RECORDED) }, value),
    changes: fc.array(change, { maxLength: 4 }),
  })
  .map(({ event, changes }) => changes.reduce(changed, structuredClone(event)));

interface Change {
  at: number;
  how: "remove" | "replace" | "wrap" | "quote";
  value: unknown;
}

function changed(event: unknown, { at, how, value: other }: Change): unknown {
  const places = placesIn(event);
  const place = places[at % Math.max(1, places.length)];
  if (!place) return other;
  const { inside, name } = place;
  const before = inside[name];
  if (how === "remove") delete inside[name];
  else if (how === "replace") inside[name] = structuredClone(other);
  else inside[name] = how === "wrap" ? [before] : JSON.stringify(before);
  return event;
}

/** Every field of an event. */
function placesIn(event: unknown): { inside: Record<string, unknown>; name: string }[] {
  if (typeof event !== "object" || event === null) return [];
  const inside = event as Record<string, unknown>;
  return Object.keys(inside).flatMap((name) => [{ inside, name }, ...placesIn(inside[name])]);
}

/**
 * Passes an event to every function. Throws unless each function accepts it, or rejects it with an error of ours that
 * says what is wrong.
 */
export async function deliverChecked({ table }: FuzzWorld, event: unknown): Promise<void> {
  for (const parse of [parseS3Event, parseLaunchEvent, checkScheduled]) orOurs(() => parse(event));
  const job = orOurs(() => parseBatchEvent(event));
  if (!job || job.isArrayParent || job.endedAttempts === 0) return;
  await reconcileJob(table, { ...job, instance: job.jobId });
}

function orOurs<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AnamoError && error.message !== "") return undefined;
    throw error;
  }
}
