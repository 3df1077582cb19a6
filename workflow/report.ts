import { NotFoundError } from "../lib/errors.ts";
import type { Place } from "../lib/report/commands.ts";
import { makeReport } from "../lib/report/make-report.ts";
import { placeOf } from "../lib/report/place.ts";
import type { Report, SlotPrice } from "../lib/report/report.ts";
import type { Clients } from "./clients.ts";

/** How a report names things. */
export interface ReportOptions {
  /** the name of the study; default: that of the table */
  study?: string;
  /** the version of the program that makes the report */
  version?: string;
  /** how to write its commands; default: for a shell without environment variables for this table */
  place?: Partial<Place>;
  /** how often the report is made */
  everySeconds?: number;
  /** the price of one slot for an hour; without it, the work done is given in slot-hours only */
  slotPrice?: SlotPrice;
  /** how many items there are, if known; if the index shows otherwise, it is read once more */
  items?: number;
}

/** Where the function `summarize` writes the newest page. */
const PAGE_KEY = "progress/index.html";

/** Everything that the progress page shows, as data. */
export function reportOf(
  { table, env, bucketName }: Clients,
  { study = table.name, version = "", place, everySeconds, slotPrice, items }: ReportOptions,
): Promise<Report> {
  const found = placeOf(env, { table: table.name, bucket: bucketName, profile: env.AWS_PROFILE });
  const every = everySeconds === undefined ? {} : { everySeconds };
  const price = slotPrice === undefined ? {} : { slotPrice };
  const known = items === undefined ? {} : { items };
  return makeReport(table, { study, version, place: { ...found, ...place }, ...every, ...price, ...known });
}

/** A link to the page in the bucket, which anyone can open until it expires. */
export async function pageLink(clients: Clients, { expiresSeconds }: { expiresSeconds: number }): Promise<string> {
  const { GetObjectCommand, HeadObjectCommand } = await import("@aws-sdk/client-s3");
  const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
  const { bucketOf } = await import("./others.ts");
  const { s3, bucket } = bucketOf(clients);
  const at = { Bucket: bucket, Key: PAGE_KEY };
  await s3.send(new HeadObjectCommand(at)).catch((error: unknown) => {
    if (!(error instanceof Error) || !/^(NotFound|NoSuchKey)$/.test(error.name)) throw error;
    throw new NotFoundError(`there is no page in the bucket yet: ${PAGE_KEY} in ${bucket}`, { cause: error });
  });
  return getSignedUrl(s3, new GetObjectCommand(at), { expiresIn: expiresSeconds });
}
