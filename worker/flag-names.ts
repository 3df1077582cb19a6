import { InvalidArgumentError } from "commander";

/** The patterns of AWS names, so that a typo is reported at once, not by a service. Tables and buckets may be ARNs. */
const NAMES = {
  table: { pattern: /^(arn:\S+|[\w.-]{3,255})$/, expected: '3 to 255 letters, digits, "_", "-" or "."' },
  bucket: { pattern: /^(arn:\S+|[\w.-]{3,255})$/, expected: '3 to 63 lowercase letters, digits, "-" or "."' },
  // an empty variable counts as not set
  region: { pattern: /^[\w-]*$/, expected: "a region such as eu-west-1" },
} as const;

/** Reads an option's value as the name of a table, bucket or region. */
export function awsName(kind: keyof typeof NAMES): (value: string) => string {
  const { pattern, expected } = NAMES[kind];
  return (value) => {
    if (pattern.test(value)) return value;
    throw new InvalidArgumentError(`Expected ${expected}.`);
  };
}
