/** What one parameter may be: told to a person in `expected`, and checked by `fits`. Values are texts, trimmed. */
export interface Rule {
  expected: string;
  fits: (value: string) => boolean;
}

/** A text that matches; `expected` says of what kind it is. */
export const text = (expected: string, pattern: RegExp): Rule => ({ expected, fits: (value) => pattern.test(value) });

/** One of a few words. */
export const oneOf = (...words: readonly string[]): Rule => ({
  expected: words.join(" | "),
  fits: (value) => words.includes(value),
});

/** A whole number in a range, both ends included. */
export const whole = (least: number, most: number): Rule => ({
  expected: `a whole number from ${least} to ${most}`,
  fits: (value) => /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most,
});

/** Nothing, or what the other rule wants. */
export const optional = (rule: Rule): Rule => ({
  expected: `${rule.expected}, or nothing`,
  fits: (value) => value === "" || rule.fits(value),
});

/** One or several, with commas between them. */
export const list = (rule: Rule, most: number): Rule => ({
  expected: `${rule.expected}; several with commas between them, ${most} at most`,
  fits: (value) => {
    const parts = value.split(",");
    return parts.length <= most && new Set(parts).size === parts.length && parts.every(rule.fits);
  },
});

/** How often, in the words of EventBridge's `rate(…)`: `1 minute`, `15 minutes`, `2 hours`. */
export const often: Rule = text(
  "how often, as `1 minute`, `15 minutes`, `2 hours` or `1 day`",
  /^(1 (minute|hour|day)|([2-9]|[1-9]\d{1,3}) (minutes|hours|days))$/,
);

/** Either of two rules. */
export const either = (one: Rule, other: Rule): Rule => ({
  expected: `${one.expected}, or ${other.expected}`,
  fits: (value) => one.fits(value) || other.fits(value),
});
