import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Env } from "../../lib/aws-config.ts";

/** The worker's environment, with the pipeline's `bin` folder at the front of PATH if there is one. */
export function withPipelineBin(env: Env, pipelineDir: string): Env {
  const bin = join(pipelineDir, "bin");
  return existsSync(bin) ? { ...env, PATH: [bin, env.PATH].filter(Boolean).join(delimiter) } : env;
}
