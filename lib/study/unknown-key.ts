import { nearest } from "../taskfile/nearest.ts";
import { shown } from "../taskfile/problem.ts";

/** `unknown key "atempts" of step align; did you mean attempts? The keys are …`. */
export function unknownKeyText(key: string, keys: readonly string[], of: string): string {
  const meant = ALIASES[key.toLowerCase().replace(/[^a-z]/g, "")];
  const close = (meant !== undefined && keys.includes(meant) ? meant : undefined) ?? nearest(key, keys);
  const help = close === undefined ? "." : `; did you mean ${close}?`;
  return `unknown key ${shown(key)} of the ${of}${help} The keys are ${keys.join(", ")}`;
}

/** Names that other tools use for these keys, in lower case and without other characters. */
const ALIASES: Readonly<Record<string, string>> = {
  ...named("script", ["run", "command", "commands", "cmd", "shell", "bash", "taskscript"]),
  ...named("after", ["needs", "depends", "dependson", "dependencies", "requires", "waitfor"]),
  ...named("afterAll", ["afterall", "gather", "barrier", "collect"]),
  ...named("allowFailed", ["allowfailures", "maxfailed", "tolerate"]),
  ...named("args", ["arguments", "taskargs", "scatter", "foreach", "matrix", "params"]),
  ...named("attempts", ["retries", "maxattempts", "maxretries", "retry", "tries"]),
  ...named("timeout", ["time", "walltime", "timelimit", "timeoutseconds", "maxtime"]),
  ...named("lease", ["leaseseconds"]),
  ...named("group", ["groupby", "by", "per"]),
  ...named("when", ["if", "only", "where", "filter"]),
  ...named("once", ["single", "global"]),
  ...named("steps", ["step", "jobs", "tasks", "rules", "processes", "stages"]),
  ...named("inputs", ["input", "in", "from", "stagein", "reads"]),
  ...named("keep", ["retain", "retention", "temp", "temporary", "keepresults"]),
  ...named("sample", ["id", "samplecolumn", "sampleid", "idcolumn"]),
};

function named(key: string, aliases: readonly string[]): Record<string, string> {
  return Object.fromEntries(aliases.map((alias) => [alias, key]));
}
