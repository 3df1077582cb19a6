import type { SlotPrice } from "./report.ts";

/** Reads the price of a slot-hour, such as `0.05 USD`; undefined if it is not one. */
export function parseSlotPrice(text: string): SlotPrice | undefined {
  const [, amount, currency = ""] = /^\s*(\d+(?:\.\d+)?)\s*(\p{L}{1,8}|\p{Sc})?\s*$/u.exec(text) ?? [];
  return amount === undefined ? undefined : { amount: Number(amount), currency };
}
