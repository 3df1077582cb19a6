import type { Env } from "../lib/clients.ts";
import type { Handlers } from "./functions.ts";
import { keepHeapSmall } from "./small-heap.ts";

/** The real functions, as they run on Lambda. Loaded when a stack starts: nothing else in this folder needs them. */
export async function loadHandlers(env: Env): Promise<Handlers> {
  keepHeapSmall();
  const [imports, reconcile, sweep, summarize] = await Promise.all([
    import("../functions/import.ts"),
    import("../functions/reconcile.ts"),
    import("../functions/sweep.ts"),
    import("../functions/summarize.ts"),
  ]);
  return {
    import: imports.createImportHandler(env),
    reconcile: reconcile.createReconcileHandler(env),
    sweep: sweep.createSweepHandler(env),
    summarize: summarize.createSummarizeHandler(env),
  };
}
