import type { Env } from "../../lib/aws-config.ts";
import type { Handlers } from "../functions.ts";
import { keepHeapSmall } from "../small-heap.ts";

/** Creates the handlers that run on Lambda. Loads each on its first call, because a query only sweeps. */
export function loadHandlers(env: Env): Handlers {
  keepHeapSmall();
  return {
    import: onCall(async () => (await import("../../functions/import.ts")).createImportHandler(env)),
    reconcile: onCall(async () => (await import("../../functions/reconcile.ts")).createReconcileHandler(env)),
    sweep: onCall(async () => (await import("../../functions/sweep.ts")).createSweepHandler(env, { knowsAll: true })),
    summarize: onCall(async () => (await import("../../functions/summarize.ts")).createSummarizeHandler(env)),
  };
}

function onCall<Args extends unknown[], Result>(
  load: () => Promise<(...args: Args) => Promise<Result>>,
): (...args: Args) => Promise<Result> {
  let loading: ReturnType<typeof load> | undefined;
  return async (...args) => {
    loading ??= load();
    return (await loading)(...args);
  };
}
