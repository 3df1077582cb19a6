import { expect, test } from "vitest";
import { sameMessages } from "../../cli/import/same-messages.ts";

test("messages that say the same of several rows become one, which names the first lines", () => {
  const messages = [
    "line 9: b",
    "line 3: a",
    "line 7: a",
    "line 4: c\nd",
    "line 12: a",
    "no line",
    "line 5: a",
    "line 2: b",
  ];
  expect(sameMessages(messages)).toEqual([
    { text: "lines 2 and 9: b", rows: 2 },
    { text: "lines 3, 5, 7 and 1 more: a", rows: 4 },
    { text: "line 4: c\nd", rows: 1 },
    { text: "no line", rows: 1 },
  ]);
});
