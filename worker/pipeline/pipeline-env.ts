import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Env } from "../../lib/clients.ts";

/** The worker's environment with the `bin` folder of the pipeline, if it has one, in front of PATH. */
export function withPipelineBin(env: Env, pipelineDir: string): Env {
  const bin = join(pipelineDir, "bin");
  return existsSync(bin) ? { ...env, PATH: [bin, env.PATH].filter(Boolean).join(delimiter) } : env;
}
