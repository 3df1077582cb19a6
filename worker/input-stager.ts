import { join, resolve } from "node:path";
import type { Item } from "../lib/items/item.ts";
import type { WorkerContext } from "./context.ts";
import type { InputSources } from "./stage-inputs.ts";
import type { NoInputs, StagedInputs, StagesInputs } from "./staged-inputs.ts";

/** Puts inputs in place, with one cache for the whole worker. Loads what that needs for the first item with inputs. */
export class InputStager implements StagesInputs {
  readonly #context: Omit<WorkerContext, "inputs">;
  #sources: Promise<InputSources> | undefined;

  constructor(context: Omit<WorkerContext, "inputs">) {
    this.#context = context;
  }

  async stage(item: Item, signal: AbortSignal): Promise<StagedInputs | NoInputs | undefined> {
    if (!item.inputs) return undefined;
    const { stageInputs } = await import("./stage-inputs.ts");
    this.#sources ??= sourcesOf(this.#context);
    return stageInputs(this.#context, await this.#sources, item, signal);
  }
}

async function sourcesOf({ openS3, bucket, options, stop }: Omit<WorkerContext, "inputs">): Promise<InputSources> {
  const { ObjectCache } = await import("../lib/inputs/object-cache.ts");
  const { openResults } = await import("../lib/results/open.ts");
  const { results = { bucket, prefix: "results" }, cacheBytes: maxBytes, scratchDir } = options;
  return {
    results: await openResults(results, openS3),
    cache: new ObjectCache({ openS3, folder: join(resolve(scratchDir), "cache"), maxBytes, signal: stop }),
  };
}
