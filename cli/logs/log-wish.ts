import type { LogStream } from "../../lib/logs/log-key.ts";
import type { LogPart } from "./print-logs.ts";

/** Which logs are wanted, and of them what. */
export interface LogWish {
  stream: LogStream;
  attempt?: number;
  part: LogPart;
  json: boolean;
}
