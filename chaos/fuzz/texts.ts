import fc from "fast-check";

/** Texts that mean something special to some program. */
const SPECIAL = [
  ...["", " ", "#", "# note", '"', '""', '"a', "'", "\\", "\\\\", "{}", "\\{}", "{", "$TASK_ARG", "${x}", "`date`"],
  ...["\ufeff", "\u00a0", "\u200b", "\u0000", "\t", "\r", "\n", "\r\n", "a\nb", "a,b", "a|b", "a;b", "=1+1", "-1"],
  ...["0", "9", "10", "1e3", "NaN", "null", "true", "[]", "1.5", "99999999999999999999", "..", "../x", "a/b", "%2F"],
  ...["echo", "echo {}", "echo '{}'", "cat <<EOF\n{}\nEOF", "for i in 1; do", "done", "(", ")", "if true; then", "&&"],
  ...["__proto__", "constructor", "toString", "#settings", "-", "Task_0", "José", "e\u0301", "😀", "\ud800"],
];

/** Any text, half of it chosen to be misunderstood. */
export const text = fc
  .oneof(
    { weight: 3, arbitrary: fc.stringMatching(/^[a-z][\w.-]{0,8}$/) },
    { weight: 2, arbitrary: fc.constantFrom(...SPECIAL) },
    { weight: 2, arbitrary: fc.array(fc.constantFrom(...SPECIAL), { maxLength: 4 }).map((some) => some.join("")) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom("x", "é", " ", "#"), fc.nat(5_000)).map(([c, n]) => c.repeat(n)) },
  )
  // UTF-8 cannot encode half of a surrogate pair
  .map((made) => made.toWellFormed());

/** How many bytes arrive at a time. */
export const piece = fc.oneof(fc.constant(65_536), fc.integer({ min: 1, max: 40 }));
