import { escapeKeyPart, unescapeKeyPart } from "../ids.ts";

/**
 * The attribute of the settings row: escaped steps, each followed by `#all` if it belongs to no sample, with `##`
 * between them. A text, as conditions on lists do not work on every engine.
 */
export const ORDER = "Workflow_Order";
const NO_SAMPLE = "#all";
const BETWEEN = "##";

/** Steps in the order of their workflow file. */
export type WorkflowOrder = ReadonlyMap<string, OrderedStep>;

export interface OrderedStep {
  /** its items belong to one sample each, not to a group or to the whole sheet */
  isOfSample: boolean;
}

export function parseOrder(stored: unknown): Map<string, OrderedStep> {
  const texts = typeof stored === "string" ? stored.split(BETWEEN) : [];
  return new Map(
    texts.map((text) => {
      const isOfSample = !text.endsWith(NO_SAMPLE);
      return [unescapeKeyPart(isOfSample ? text : text.slice(0, -NO_SAMPLE.length)), { isOfSample }];
    }),
  );
}

export function storedOrder(order: WorkflowOrder): string {
  return [...order]
    .map(([step, { isOfSample }]) => `${escapeKeyPart(step)}${isOfSample ? "" : NO_SAMPLE}`)
    .join(BETWEEN);
}

/**
 * The order with the steps of one more workflow. Steps that keep their relative order stay where they are; otherwise
 * all steps of the workflow move to where its first known step was, or to the end.
 */
export function mergeOrder(known: WorkflowOrder, added: WorkflowOrder): WorkflowOrder {
  const merged = new Map([...known, ...added]);
  const shared = [...known.keys()].filter((step) => added.has(step));
  const isKept = shared.length === added.size && [...added.keys()].every((step, at) => step === shared[at]);
  if (isKept) return merged;
  const [first] = shared;
  const at = first === undefined ? known.size : [...known.keys()].indexOf(first);
  const others = [...known.keys()].filter((step) => !added.has(step));
  const names = [...others.slice(0, at), ...added.keys(), ...others.slice(at)];
  return new Map(names.map((step) => [step, merged.get(step) as OrderedStep]));
}
