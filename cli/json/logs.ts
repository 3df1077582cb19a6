import * as z from "zod";
import type { LogLine, LogText } from "../../workflow/logs.ts";
import { count, exactly, itemID, stream, taskID, taskKey } from "./parts.ts";

const source = z.strictObject({
  itemID,
  taskID,
  taskKey: taskKey.optional(),
  attempt: count.describe("of the item, from 1; 0 if none has ended yet"),
  stream,
});

/** `anamo logs` */
export const logs = exactly<LogText[]>()(
  z.array(
    z.strictObject({
      ...source.shape,
      from: z.enum(["row", "bucket"]).describe("where it was read"),
      note: z.string().optional().describe("why this is not the whole log"),
      text: z.string(),
    }),
  ),
);

/** `anamo logs --grep` */
export const logLines = exactly<LogLine[]>()(
  z.array(z.strictObject({ ...source.shape, line: z.string().describe("without its line end") })),
);
