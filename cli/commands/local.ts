import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { readStackFile, type StackInfo, startStack } from "../../local/stack.ts";
import { awsName } from "../../worker/flag-names.ts";
import { takeInterrupts } from "../interrupts.ts";
import { exportLines } from "../output/export-lines.ts";
import { ownLine } from "../own-command.ts";
import { startFaster, workerCommand } from "../worker-command.ts";

interface LocalFlags {
  dir: string;
  table: string;
  bucket: string;
  port?: number;
}

const MINUTE = 60_000;
const LOOK_EVERY_MS = 100;

/** `anamo local`: the embedded stack, kept running. */
export function localCommand(): Command {
  return new Command("local")
    .summary("The embedded stack on this machine.")
    .description("The embedded stack: DynamoDB, S3, Batch and the functions on this machine.")
    .addHelpText("after", '\nExamples:\n  anamo local up --dir .anamo\n  eval "$(anamo local env)"')
    .addCommand(upCommand())
    .addCommand(envCommand());
}

function upCommand(): Command {
  return new Command("up")
    .summary("Starts the stack and keeps it running until Ctrl-C.")
    .description("Starts the stack, prints its variables, and keeps it running until Ctrl-C.")
    .option("--dir <folder>", "where table, bucket and logs are kept", ".anamo")
    .option("-t, --table <name>", "name of the table", awsName("table"), "anamo")
    .option("-b, --bucket <name>", "name of the bucket", awsName("bucket"), "anamo-local")
    .option("--port <n>", "fixed ports: this one and the next two (default: free ones)", port)
    .addHelpText(
      "after",
      '\nExample:\n  anamo local up &\n  eval "$(anamo local env --wait)"\n  anamo import tasks.txt && anamo work',
    )
    .action(async (flags: LocalFlags) => {
      const interrupts = takeInterrupts();
      const dir = resolve(flags.dir);
      const stack = await startStack({
        dir,
        table: flags.table,
        bucket: flags.bucket,
        workerCommand: workerCommand(),
        jobDefinition: { environment: startFaster(dir) },
        schedule: { sweepMs: MINUTE, summarizeMs: MINUTE },
        ...(flags.port && { ports: { dynamodb: flags.port, s3: flags.port + 1, batch: flags.port + 2 } }),
        onFunction: (report) => {
          if (report.error) process.stderr.write(`${report.name}: ${report.error.message}\n`);
        },
      });
      process.stdout.write(`${exportLines(stack.env)}\n`);
      process.stderr.write(
        `The stack is up in ${dir}. In another terminal: eval "$(${ownLine(`local env --dir ${flags.dir}`)})"\n`,
      );
      interrupts.onAgain(() => void stack.close(0));
      await new Promise((done) => interrupts.signal.addEventListener("abort", done, { once: true }));
      await stack.close();
      interrupts.dispose();
    });
}

function envCommand(): Command {
  return new Command("env")
    .description("Prints the variables of the running stack, for a shell.")
    .option("--dir <folder>", "the folder of the stack", ".anamo")
    .option("--wait", "wait up to a minute for a stack that is starting")
    .addHelpText("after", '\nExample:\n  eval "$(anamo local env)"')
    .action(async ({ dir, wait = false }: { dir: string; wait?: boolean }) => {
      const info = await stackOf(resolve(dir), wait ? MINUTE : 0);
      if (!info)
        throw new UsageError(`no stack is up in ${resolve(dir)}: start it with "${ownLine(`local up --dir ${dir}`)}"`);
      process.stdout.write(`${exportLines(info.env)}\n`);
    });
}

/** The stack that runs in a folder; waits for one up to `patienceMs`. */
async function stackOf(dir: string, patienceMs: number): Promise<StackInfo | undefined> {
  const untilMs = Date.now() + patienceMs;
  for (;;) {
    const info = await readStackFile(dir);
    if (info || Date.now() >= untilMs) return info;
    await sleep(LOOK_EVERY_MS);
  }
}

function port(value: string): number {
  const parsed = Number(value);
  if (/^\d+$/.test(value) && parsed >= 1024 && parsed <= 65_533) return parsed;
  throw new InvalidArgumentError("Expected a port from 1024 to 65533.");
}
