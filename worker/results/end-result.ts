import { toError } from "../../lib/errors.ts";
import type { Item } from "../../lib/items/item.ts";
import { mayBeOtherKind } from "../../lib/results/other-kind.ts";
import type { WorkerContext } from "../context.ts";
import type { ScriptResult } from "../run-script.ts";

/** Removes what an item that is done has published as another kind of item. Never throws. */
export async function endOtherKind(context: WorkerContext, item: Item): Promise<void> {
  try {
    if (mayBeOtherKind(item)) await (await context.openResults()).dropOtherKind(item);
  } catch (error) {
    context.report({ kind: "store:unreachable", doing: `earlier results of ${item.itemId}`, error: toError(error) });
  }
}

/**
 * Publishes a result that its row records, or discards it. Never throws: if something cannot be done now, the sweep or
 * the next reader does it, because the row has the truth.
 */
export async function endResult(
  context: WorkerContext,
  { run, staged }: ScriptResult,
  { isRecorded }: { isRecorded: boolean },
): Promise<void> {
  try {
    if (staged) await (isRecorded ? staged.publish() : staged.discard());
    else if (isRecorded) await (await context.openResults()).clear(run);
  } catch (error) {
    context.report({ kind: "store:unreachable", doing: `the result of ${run.itemId}`, error: toError(error) });
  }
}
