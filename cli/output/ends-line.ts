import { endsText } from "../../lib/ends-text.ts";
import type { ExpectedRange } from "../../lib/progress/expected-range.ts";

/** `expected end 14:20, between 13:50 and 15:40`; `at`: when it was forecast, ISO 8601 */
export function endsLine(range: ExpectedRange, at: string): string {
  const { likely, from, to } = endsText(range, Date.parse(at));
  return `expected end ${likely}, between ${from} and ${to}`;
}
