import { toError } from "../lib/errors.ts";
import { functionContext } from "../local/functions/context.ts";
import { loadHandlers } from "../local/functions/handlers.ts";
import type { FunctionName } from "../local/functions.ts";

/* Runs the functions in a separate process, as Lambda does, so that it can be killed in the middle of a call. */

export type ToHost = { id: number; name: FunctionName; event: unknown; timeoutMs: number };
export type FromHost = { id: number; result?: unknown; error?: string };

const handlers = await loadHandlers(process.env);
const never = new AbortController().signal;

process.on("disconnect", () => process.exit());
process.on("message", ({ id, name, event, timeoutMs }: ToHost) => {
  void handlers[name](event as never, functionContext(name, never, timeoutMs))
    .then(
      (result): FromHost => ({ id, result }),
      (error): FromHost => ({ id, error: toError(error).stack ?? "unknown" }),
    )
    .then((answer) => process.send?.(answer, () => {}));
});
