import conditionParser, { type ConditionContext } from "dynalite/db/conditionParser.js";

/** There are few conditions without values, and they are written by programs; this is for one that makes them up. */
const MOST = 100;

/**
 * Makes dynalite parse a condition only once if nothing but its text says what it means: it has no values, and no
 * placeholders for names. Such is the import's, and parsing it took a twelfth of the time that a put took.
 */
export function rememberConditions(): void {
  const parse = conditionParser.parse;
  const parsed = new Map<string, unknown>();
  conditionParser.parse = (text, options) => {
    if (!meansItself(options.context)) return parse(text, options);
    if (parsed.has(text)) return parsed.get(text);
    const condition = parse(text, options);
    if (parsed.size < MOST) parsed.set(text, condition);
    return condition;
  };
}

function meansItself({ attrNames, attrVals, isKeyCondition }: ConditionContext): boolean {
  return !attrNames && !attrVals && !isKeyCondition;
}
