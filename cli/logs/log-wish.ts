import type { LinesWanted } from "../../lib/logs/log-lines.ts";
import type { LogOptions } from "../../workflow/logs.ts";

/** Which logs are wanted, and which part of them. */
export interface LogWish extends Pick<LogOptions, "task" | "attempt">, Required<Pick<LogOptions, "stream">> {
  part: LinesWanted;
  json: boolean | undefined;
}
