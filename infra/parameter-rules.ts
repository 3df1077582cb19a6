/** What one parameter may be: `expected` describes it to a person, `fits` checks a trimmed value. */
export interface Rule {
  expected: string;
  fits: (value: string) => boolean;
}

/** A value that matches `pattern`. */
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

/** Empty, or a value that the other rule allows. */
export const optional = (rule: Rule): Rule => ({
  expected: `${rule.expected}, or nothing`,
  fits: (value) => value === "" || rule.fits(value),
});

/** One or several distinct values, separated by commas. */
export const list = (rule: Rule, most: number): Rule => ({
  expected: `${rule.expected}; several separated by commas, at most ${most}`,
  fits: (value) => {
    const parts = value.split(",");
    return parts.length <= most && new Set(parts).size === parts.length && parts.every(rule.fits);
  },
});

/** An interval in the syntax of EventBridge's `rate(…)`: `1 minute`, `15 minutes`, `2 hours`. */
export const often: Rule = text(
  "an interval such as `1 minute`, `15 minutes`, `2 hours` or `1 day`",
  /^(1 (minute|hour|day)|([2-9]|[1-9]\d{1,3}) (minutes|hours|days))$/,
);

/** Either of two rules. */
export const either = (one: Rule, other: Rule): Rule => ({
  expected: `${one.expected}, or ${other.expected}`,
  fits: (value) => one.fits(value) || other.fits(value),
});

/** The line about one wrong parameter. */
export function mismatch(name: string, expected: string, found: string): string {
  return `${name}: expected ${expected}; found ${found === "" ? "nothing" : JSON.stringify(found)}`;
}
