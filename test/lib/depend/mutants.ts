import type { Call, Row } from "../../support/memory/store.ts";

/*
 * Mistakes in the protocol, made by changing the calls of the code. The exploration has to find what each breaks.
 */

type Change = (call: Call, process: string) => Call | undefined;

const text = (call: Call) => String(call.input.UpdateExpression ?? "");
const isOfRow = ({ input }: Call, prefix: string) => String((input.Key ?? input.Item)?.itemID ?? "").startsWith(prefix);
const withInput = (call: Call, input: Call["input"]): Call => ({ ...call, input: { ...call.input, ...input } });

/** Without a condition, or with another. */
function withCondition(call: Call, condition: string | undefined): Call {
  const { ConditionExpression: _, ...input } = call.input;
  return { ...call, input: condition === undefined ? input : { ...input, ConditionExpression: condition } };
}

const putsWake = (call: Call) => call.name === "UpdateItem" && /ADD Wakes/.test(text(call));
const releases = ({ input }: Call) => Object.values(input.ExpressionAttributeValues ?? {}).includes("todo");

/** A name is put onto an item whatever has happened to it. */
export const putWakesBlindly: Change = (call) =>
  putsWake(call) && !isOfRow(call, "#gate") ? withCondition(call, undefined) : undefined;

/** A name is put onto an item that was read unfinished although it has failed since. */
export const putWakesOntoFailed: Change = (call) =>
  putsWake(call) && String(call.input.ConditionExpression).includes("<> :done")
    ? withCondition(call, String(call.input.ConditionExpression).replace("AND ItemState <> :failed", ""))
    : undefined;

/** A release does not check the epoch. */
export const releaseWithoutEpoch: Change = (call) =>
  call.name === "UpdateItem" && releases(call) && /StateSort = :sort/.test(String(call.input.ConditionExpression))
    ? withCondition(call, String(call.input.ConditionExpression).replace("AND StateSort = :sort", ""))
    : undefined;

/** Nothing evaluates the gates' names. */
export const wakesOnGatesIgnored: Change = (call, process) =>
  call.name === "GetItem" && isOfRow(call, "#gate") && /^(add|import)/.test(process) ? nowhere(call) : undefined;

/** Nothing takes into account that an import is running. */
export const importsIgnored: Change = (call) =>
  call.name === "UpdateItem" && isOfRow(call, "#gate") && /ADD #other1/.test(text(call)) ? harmless(call) : undefined;

/** A delete does not return the names on the row. */
export const deletesWakeNobody: Change = (call) =>
  call.name === "DeleteItem" ? withInput(call, { ReturnValues: "NONE" }) : undefined;

/** The end of an item does not return the names on the row. */
export const endsWakeNobody: Change = (call) =>
  call.name === "UpdateItem" && call.input.ReturnValues === "ALL_OLD" && !isOfRow(call, "#")
    ? withInput(call, { ReturnValues: "NONE" })
    : undefined;

function nowhere(call: Call): Call {
  return withInput(call, { Key: { itemID: "nowhere", taskKey: "-" } as Row });
}

function harmless(call: Call): Call {
  // the judge recognizes from its text that the import begins
  return withInput(call, { Key: { itemID: "#nothing", taskKey: "nothing" } });
}
