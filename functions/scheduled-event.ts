import { AnamoError } from "../lib/errors.ts";

/** The event requests something that the function does not do. */
export class UnknownEventError extends AnamoError {
  constructor(event: unknown) {
    const found = JSON.stringify(event) ?? String(event);
    super(
      "unknown-event",
      `expected an event of the schedule, or {}: this function takes no options; found ${found.slice(0, 80)}`,
    );
  }
}

/** Whether an event only triggers the function: an event of a schedule, or that of an invocation without data. */
export function isScheduled(event: unknown): boolean {
  if (event === undefined || event === null || event === "") return true;
  if (typeof event !== "object" || Array.isArray(event)) return false;
  return Object.keys(event).length === 0 || isOfSchedule(event);
}

/** Whether an event comes from a schedule, so that nobody has requested anything. */
export function isOfSchedule(event: unknown): boolean {
  if (typeof event !== "object" || event === null) return false;
  return "detail-type" in event && event["detail-type"] === "Scheduled Event";
}

/** Throws an UnknownEventError unless the event comes from a schedule or is empty. */
export function checkScheduled(event: unknown): void {
  if (!isScheduled(event)) throw new UnknownEventError(event);
}
