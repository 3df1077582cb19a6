import { writeFileSync } from "node:fs";
import { flushCompileCache } from "node:module";

/*
 * Loaded first into workers and functions of a chaos run (`node --import`). Writes down the process id, and sets the
 * clock wrong as ANAMO_CHAOS_CLOCK says: `<skew>,<jump after>,<jump>`, all in milliseconds.
 */

const { ANAMO_CHAOS_CLOCK = "0,0,0", ANAMO_CHAOS_PID_FILE, AWS_BATCH_JOB_ID = "" } = process.env;

if (ANAMO_CHAOS_PID_FILE) writeFileSync(ANAMO_CHAOS_PID_FILE, `${process.pid} ${AWS_BATCH_JOB_ID}`);

// a process that is killed would not save its compiled code for the next one
setTimeout(flushCompileCache, 1_500).unref();

const [skewMs = 0, jumpAfterMs = 0, jumpMs = 0] = ANAMO_CHAOS_CLOCK.split(",").map(Number);
if (skewMs !== 0 || jumpMs !== 0) {
  const RealDate = Date;
  const startedAt = performance.now();
  const now = (): number => RealDate.now() + skewMs + (performance.now() - startedAt >= jumpAfterMs ? jumpMs : 0);
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
    get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
  });
}
