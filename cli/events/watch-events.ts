import type { Place } from "../../lib/report/commands.ts";
import { placeOf } from "../../lib/report/place.ts";
import { ownCommand } from "../own-command.ts";
import { localPlace } from "../report/page-file.ts";
import { OnEvent } from "./on-event.ts";

/** The table that somebody watches, as the flags say. */
interface WatchedTable {
  table: string;
  region?: string | undefined;
  profile?: string | undefined;
}

/**
 * Tells a command what happens while somebody watches a table: of the stack in a folder, or one on AWS. Only this
 * process remembers what it has told: the folder's own note belongs to the process that keeps the stack up.
 */
export function watchEvents(command: string, watched: WatchedTable, dir: string | undefined): OnEvent {
  const place = async () => (dir === undefined ? watchedPlace(watched, process.env) : localPlace(dir));
  const say = (line: string) => void process.stderr.write(`anamo: ${line}\n`);
  return new OnEvent({ command, table: watched.table, sinceMs: Date.now(), place, say });
}

/** How messages name commands for this table: they may be typed where the flags of this command are not known. */
export function watchedPlace({ table, region, profile }: WatchedTable, env: NodeJS.ProcessEnv): Place {
  const own = region ? { ...env, AWS_REGION: region } : env;
  return placeOf(own, { table, bucket: env.ANAMO_BUCKET, profile: profile ?? env.AWS_PROFILE }, ownCommand());
}
