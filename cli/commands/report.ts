import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../../lib/errors.ts";
import type { SlotPrice } from "../../lib/report/report.ts";
import { parseSlotPrice } from "../../lib/report/slot-price.ts";
import { LOCAL_STACK } from "../../local/stack-env.ts";
import type { ReportOptions } from "../../workflow/report.ts";
import type { Workflow } from "../../workflow/workflow.ts";
import { addBucketFlag, addTargetFlags, type BucketFlags, type TargetFlags, withTable } from "../flags/target.ts";
import { ownCommand } from "../own-command.ts";
import { openInBrowser } from "../report/open.ts";
import { pagePath, reportOptions, writePage } from "../report/page-file.ts";
import { usualFolder } from "../stack-folder.ts";
import { packageVersion } from "../version.ts";

interface ReportFlags extends TargetFlags, BucketFlags {
  open?: boolean;
  out?: string;
  json?: boolean;
  slotPrice?: SlotPrice;
}

/** `anamo report`: the progress page. */
export function reportCommand(): Command {
  const command = new Command("report")
    .summary("Makes a web page of the progress.")
    .description("Writes a web page of the progress: one file that needs nothing else.");
  return addBucketFlag(addTargetFlags(command))
    .option("--open", "open it in the browser")
    .option("--out <file>", "where to write it (default: progress/index.html in the folder of the stack)")
    .addOption(
      new Option(
        "--slot-price <price>",
        'price of a slot-hour, such as "0.05 USD"; without it, the page has only slot-hours',
      ).argParser(slotPrice),
    )
    .addOption(new Option("--json", "print what the page shows as one JSON document").conflicts(["open", "out"]))
    .addHelpText(
      "after",
      `
Prints where the page is. On AWS, the function summarize keeps one in the
bucket: without --out this prints a link to it, which anybody can open for
12 hours, or until the keys that signed it expire.

Examples:
  anamo report
  anamo report --open
  anamo report --out progress.html --slot-price '0.05 USD'
  anamo report --json | jq '.failures.groups[].line'`,
    )
    .action((flags: ReportFlags) => withTable(flags, (workflow) => report(workflow, flags)));
}

async function report(workflow: Workflow, { open, out, json, slotPrice }: ReportFlags): Promise<void> {
  const folder = stackFolder();
  const options: ReportOptions = folder ? await reportOptions(folder) : { version: packageVersion() };
  const price = slotPrice === undefined ? {} : { slotPrice };
  const own = { ...options, ...price, place: { ...options.place, program: ownCommand() } };
  if (json) {
    process.stdout.write(`${JSON.stringify(await workflow.report(own))}\n`);
    return;
  }
  const file = out ?? (folder && pagePath(folder));
  if (file === undefined && !isLoopback()) {
    if (slotPrice)
      throw new UsageError(
        "--slot-price goes with --out here: the page in the bucket is made by a function, with the parameter slotPrice",
      );
    const link = await workflow.reportLink();
    process.stdout.write(`${link}\n`);
    if (open) await openInBrowser(link);
    return;
  }
  const path = file ?? "progress.html";
  await writePage(path, await workflow.reportPage(own));
  process.stdout.write(`${relative(process.cwd(), path) || path}\n`);
  if (open) await openInBrowser(path);
}

/** `0.05 USD` */
function slotPrice(text: string): SlotPrice {
  const price = parseSlotPrice(text);
  if (!price) throw new InvalidArgumentError('expected a number and a currency, as "0.05 USD"');
  return price;
}

/** The folder of the embedded stack that the command works on; undefined on AWS. */
function stackFolder(): string | undefined {
  if (!isLoopback()) return undefined;
  const folder = process.env[LOCAL_STACK] || usualFolder();
  return existsSync(join(folder, "dynamodb")) ? folder : undefined;
}

function isLoopback(): boolean {
  const endpoint = process.env.AWS_ENDPOINT_URL_DYNAMODB ?? process.env.AWS_ENDPOINT_URL ?? "";
  return /^https?:\/\/(localhost|127\.|\[::1\])/.test(endpoint);
}
