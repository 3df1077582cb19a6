import type { Env } from "../../lib/aws-config.ts";
import type { Handlers } from "../functions.ts";
import { keepHeapSmall } from "../small-heap.ts";

/** Creates the handlers that run on Lambda. Loaded lazily: only a stack that starts needs them. */
export async function loadHandlers(env: Env): Promise<Handlers> {
  keepHeapSmall();
  const [imports, reconcile, sweep, summarize] = await Promise.all([
    import("../../functions/import.ts"),
    import("../../functions/reconcile.ts"),
    import("../../functions/sweep.ts"),
    import("../../functions/summarize.ts"),
  ]);
  return {
    import: imports.createImportHandler(env),
    reconcile: reconcile.createReconcileHandler(env),
    sweep: sweep.createSweepHandler(env),
    summarize: summarize.createSummarizeHandler(env),
  };
}
