import { placeOf } from "../../lib/report/place.ts";
import { ownCommand } from "../own-command.ts";
import { localPlace } from "../report/page-file.ts";
import { OnEvent } from "./on-event.ts";

/**
 * Tells a command what happens while somebody watches a table: of the stack in a folder, or one on AWS. Only this
 * process remembers what it has told: the folder's own note belongs to the process that keeps the stack up.
 */
export function watchEvents(command: string, table: string, dir: string | undefined): OnEvent {
  const { ANAMO_BUCKET: bucket, AWS_PROFILE: profile } = process.env;
  const place = async () =>
    dir === undefined ? placeOf(process.env, { table, bucket, profile }, ownCommand()) : localPlace(dir);
  const say = (line: string) => void process.stderr.write(`anamo: ${line}\n`);
  return new OnEvent({ command, table, sinceMs: Date.now(), place, say });
}
