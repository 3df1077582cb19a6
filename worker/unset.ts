/** Variables that mean yes when set, except to one of the values below. */
const SWITCHES = ["ANAMO_WAIT"];
const NO = ["0", "false", "no", "off"];

/** Deletes our variables that are empty or switched off from an environment, so that they count as not set. */
export function dropUnset(env: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(env)) {
    const isOff = SWITCHES.includes(name) && NO.includes(value?.toLowerCase() ?? "");
    if (/^(ANAMO_|PYANAMO)/.test(name) && (value === "" || isOff)) delete env[name];
  }
}
