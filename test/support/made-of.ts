import type { Resource, Template } from "./sls.ts";

type Values = Record<string, unknown>;
const GONE = Symbol("AWS::NoValue");

/**
 * Resolves a template as CloudFormation would, with the given parameters and defaults for all others: replaces
 * parameters by their values, and removes what a condition excludes. References to resources stay as they are.
 */
export function madeOf(template: Template, given: Readonly<Record<string, string>> = {}): Template {
  const parameters = new Map(Object.entries(template.Parameters).map(([name, { Default }]) => [name, Default]));
  for (const [name, value] of Object.entries(given)) {
    if (!parameters.has(name)) throw new Error(`no parameter ${name}`);
    parameters.set(name, value);
  }
  const conditions = new Map<string, boolean>();

  const holds = (name: string): boolean => {
    const known = conditions.get(name);
    if (known !== undefined) return known;
    if (!(name in template.Conditions)) throw new Error(`no condition ${name}`);
    const result = resolve(template.Conditions[name]) === true;
    conditions.set(name, result);
    return result;
  };

  const functions: Record<string, (argument: never) => unknown> = {
    Condition: (name: string) => holds(name),
    // compared as text, as in CloudFormation
    "Fn::Equals": ([a, b]: unknown[]) => String(resolve(a)) === String(resolve(b)),
    "Fn::Not": ([a]: unknown[]) => resolve(a) !== true,
    "Fn::And": (all: unknown[]) => all.every((one) => resolve(one) === true),
    "Fn::Or": (all: unknown[]) => all.some((one) => resolve(one) === true),
    "Fn::If": ([name, yes, no]: [string, unknown, unknown]) => resolve(holds(name) ? yes : no),
    "Fn::Split": ([by, text]: [string, unknown]) => String(resolve(text)).split(by),
    Ref: (name: string) => {
      if (name === "AWS::NoValue") return GONE;
      return parameters.has(name) ? parameters.get(name) : { Ref: name };
    },
  };

  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve).filter((one) => one !== GONE);
    if (typeof value !== "object" || value === null) return value;
    const [[name = "", argument] = [], ...others] = Object.entries(value);
    const call = others.length === 0 ? functions[name] : undefined;
    if (call) return call(argument as never);
    const entries = Object.entries(value).map(([key, one]) => [key, resolve(one)] as const);
    return Object.fromEntries(entries.filter(([, one]) => one !== GONE));
  };

  const left = <T extends { Condition?: string }>(all: Record<string, T>) =>
    Object.entries(all).filter(([, { Condition }]) => Condition === undefined || holds(Condition));

  const Resources = left(template.Resources).map(([id, { Properties = {}, ...rest }]) => {
    return [id, { ...rest, Properties: resolve(Properties) as Values }] as [string, Resource];
  });
  const Outputs = left(template.Outputs).map(([id, output]) => [id, resolve(output)] as [string, { Value: unknown }]);
  return { ...template, Resources: Object.fromEntries(Resources), Outputs: Object.fromEntries(Outputs) };
}
