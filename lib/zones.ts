/** Short forms in the ids of availability zones: AWS General Reference, "AZ IDs". */
const SHORT: Readonly<Record<string, string>> = {
  gov: "g",
  north: "n",
  south: "s",
  east: "e",
  west: "w",
  central: "c",
  northeast: "ne",
  southeast: "se",
  northwest: "nw",
  southwest: "sw",
};

/** Zones with Fargate, for regions where some lack it: Amazon ECS Developer Guide, "AWS Fargate Regions". */
const WITH_FARGATE: Readonly<Record<string, readonly string[]>> = {
  "us-west-1": ["usw1-az1", "usw1-az3"],
  "ap-northeast-1": ["apne1-az1", "apne1-az2", "apne1-az4"],
  "cn-north-1": ["cnn1-az1", "cnn1-az2"],
};

/** The two zones to use where 1 and 2 do not work, because one is missing or closed to new accounts. */
const PAIRS: Readonly<Record<string, readonly [string, string]>> = {
  "us-west-1": ["usw1-az1", "usw1-az3"],
  "ap-northeast-1": ["apne1-az1", "apne1-az4"],
  "ap-northeast-2": ["apne2-az1", "apne2-az3"],
};

/**
 * Two availability zones of a region, by ids, which mean the same zones in every account: `euw2-az1`, `euw2-az2` for
 * `eu-west-2`. Undefined if the region's name does not have the known form.
 */
export function zonesOf(region: string): readonly [string, string] | undefined {
  const known = PAIRS[region];
  if (known) return known;
  const [country = "", ...rest] = region.split("-");
  const number = rest.pop() ?? "";
  const short = rest.map((word) => SHORT[word]);
  if (!/^[a-z]{2}$/.test(country) || !/^\d$/.test(number) || short.length === 0 || short.includes(undefined)) {
    return undefined;
  }
  const prefix = `${country}${short.join("")}${number}`;
  return [`${prefix}-az1`, `${prefix}-az2`];
}

/** Which of these zones lack Fargate, and which zones of the region have it. */
export function withoutFargate(
  region: string,
  zones: readonly string[],
): { wrong: string[]; right: readonly string[] } {
  const right = WITH_FARGATE[region] ?? zones;
  return { wrong: zones.filter((zone) => !right.includes(zone)), right };
}
