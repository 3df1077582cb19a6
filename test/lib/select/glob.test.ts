import fc from "fast-check";
import { expect, test } from "vitest";
import { glob } from "../../../lib/select/glob.ts";

test.each([
  ["S*", ["S", "S1", "S/1", "S\n1"], ["s1", "1S"]],
  ["*_R?", ["a_R1", "_R2", "a_R1_R2"], ["a_R", "a_R12"]],
  ["S[0-4]", ["S0", "S4"], ["S5", "S", "S04"]],
  ["S[!0-4]", ["S5", "Sx"], ["S0", "S"]],
  ["[]a]x", ["]x", "ax"], ["bx"]],
  ["[a-]x", ["ax", "-x"], ["bx"]],
  ["[\\]]", ["]"], ["\\"]],
  ["a\\*b", ["a*b"], ["aXb", "a\\*b"]],
  ["[ab", ["[ab"], ["a", "b"]],
  ["a.b", ["a.b"], ["aXb"]],
  ["?", ["é", "🧬"], ["ab", ""]],
  ["", [""], ["a"]],
] as const)("%s matches what it should and nothing else", (pattern, matching, other) => {
  const isMatch = glob(pattern);
  for (const id of matching) expect(isMatch(id), id).toBe(true);
  for (const id of other) expect(isMatch(id), id).toBe(false);
});

test("an escaped id matches only itself and, between two stars, whatever contains it", () => {
  const anId = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(anId, anId, anId, (id, before, after) => {
      const escaped = id.replace(/[\\*?[\]]/g, "\\$&");
      expect(glob(escaped)(id)).toBe(true);
      expect(glob(escaped)(after)).toBe(after === id);
      expect(glob(`*${escaped}*`)(before + id + after)).toBe(true);
    }),
  );
});

test("a pattern with many stars is matched without backtracking into all combinations, which would never end", () => {
  expect(glob(`${"a*".repeat(120)}b`)("a".repeat(256))).toBe(false);
});
