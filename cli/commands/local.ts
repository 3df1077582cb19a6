import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { UsageError } from "../../lib/errors.ts";
import { readStackFile, type StackInfo, startStack } from "../../local/stack.ts";
import { LOCAL_STACK } from "../../local/stack-env.ts";
import { awsName } from "../../worker/flag-names.ts";
import { StackEvents } from "../events/stack-events.ts";
import { onEventOption } from "../flags/on-event-flag.ts";
import { takeInterrupts } from "../interrupts.ts";
import { awsEnvLines, envLines, unsetLines } from "../local/local-env.ts";
import { stopStack } from "../local/stop-stack.ts";
import { shellWords } from "../output/shell-words.ts";
import { ownLine } from "../own-command.ts";
import { chooseFolder, dirWords } from "../stack-folder.ts";
import { startFaster, workerCommand } from "../worker-command.ts";

interface LocalFlags {
  dir: string;
  table: string;
  bucket: string;
  port?: number;
  onEvent?: string;
  results?: string;
}

interface EnvFlags {
  dir: string;
  wait?: boolean;
  aws?: boolean;
  unset?: boolean;
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
    .addCommand(envCommand())
    .addCommand(downCommand());
}

function upCommand(): Command {
  return new Command("up")
    .summary("Starts the stack and keeps it running until Ctrl-C.")
    .description("Starts the stack, prints its variables, and keeps it running until Ctrl-C.")
    .option("--dir <folder>", "where table, bucket and logs are kept", ".anamo")
    .option("-t, --table <name>", "name of the table", awsName("table"), "anamo")
    .option("-b, --bucket <name>", "name of the bucket", awsName("bucket"), "anamo-local")
    .option("--results <folder>", "where $OUT is published (default: results beside --dir)")
    .option("--port <n>", "fixed ports: this one and the next two (default: free ones)", port)
    .addOption(onEventOption())
    .addHelpText(
      "after",
      '\nExample:\n  anamo local up &\n  eval "$(anamo local env --wait)"\n  anamo import tasks.txt && anamo work',
    )
    .action(async (flags: LocalFlags, self: Command) => {
      const interrupts = takeInterrupts();
      const dir = chooseFolder(self, flags.dir);
      let events: StackEvents | undefined;
      const stack = await startStack({
        dir,
        table: flags.table,
        bucket: flags.bucket,
        results: flags.results,
        use: "up",
        signal: interrupts.signal,
        workerCommand: workerCommand(),
        jobDefinition: { environment: startFaster(dir) },
        schedule: { sweepMs: MINUTE, summarizeMs: MINUTE },
        ...(flags.port && { ports: { dynamodb: flags.port, s3: flags.port + 1, batch: flags.port + 2 } }),
        onFunction: (report) => {
          if (report.error) process.stderr.write(`${report.name}: ${report.error.message}\n`);
          else if (report.name === "summarize") events?.look();
        },
      });
      if (interrupts.signal.aborted) {
        // Ctrl-C, or `local down`, while it was starting
        await stack.close();
        interrupts.dispose();
        return;
      }
      if (flags.onEvent) events = new StackEvents(flags.onEvent, { dir, table: flags.table, env: stack.env });
      process.stdout.write(`${envLines(stack, dir)}\n`);
      process.stderr.write(
        `The stack is up in ${dir}. In another terminal: eval "$(${ownLine(shellWords(["local", "env", "--dir", dir]))})"\n`,
      );
      interrupts.onAgain(() => void stack.close(0));
      await new Promise((done) => interrupts.signal.addEventListener("abort", done, { once: true }));
      await Promise.all([stack.close(), events?.close()]);
      interrupts.dispose();
    });
}

function envCommand(): Command {
  return new Command("env")
    .description("Prints the variables of the running stack, for a shell.")
    .option("--dir <folder>", "the folder of the stack", ".anamo")
    .option("--wait", "wait up to a minute for a stack that is starting")
    .option("--aws", "also its keys and region, for the AWS CLI and SDKs: they replace the shell's")
    .option("--unset", "print what undoes it instead")
    .addHelpText(
      "after",
      `
Keys and region of the shell stay as they are, except with --aws.

Examples:
  eval "$(anamo local env)"
  eval "$(anamo local env --unset)"`,
    )
    .action(async ({ dir, wait = false, aws, unset }: EnvFlags, self: Command) => {
      if (unset) {
        process.stdout.write(
          unsetLines(process.env)
            .map((line) => `${line}\n`)
            .join(""),
        );
        return;
      }
      const folder = chooseFolder(self, dir);
      const info = await stackOf(folder, wait ? MINUTE : 0);
      if (!info) {
        const up = ownLine(shellWords(["local", "up", ...dirWords(folder)]));
        throw new UsageError(`no stack is up in ${folder}: start it in another terminal with "${up}"`);
      }
      if (!aws) {
        process.stdout.write(`${envLines(info, folder)}\n`);
        return;
      }
      const { lines, replaced } = awsEnvLines(info, folder, process.env);
      process.stdout.write(`${lines}\n`);
      if (replaced.length > 0) {
        const names = replaced.join(", ");
        process.stderr.write(`anamo: this replaces ${names} of the shell: do it in a subshell, ( … ), to keep them\n`);
      }
    });
}

function downCommand(): Command {
  return new Command("down")
    .summary("Ends the stack of a folder, wherever it was started.")
    .description("Ends the stack that `anamo local up` keeps running; running items are given back.")
    .option("--dir <folder>", "the folder of the stack", ".anamo")
    .addHelpText("after", "\nThe table, bucket and logs stay in the folder.\n\nExample:\n  anamo local down")
    .action(async ({ dir }: { dir: string }, self: Command) => {
      const folder = chooseFolder(self, dir);
      const wasUp = await stopStack(folder);
      process.stderr.write(wasUp ? `The stack in ${folder} is down.\n` : `${noneText(folder)}\n`);
    });
}

function noneText(folder: string): string {
  const named = process.env[LOCAL_STACK];
  if (!named || resolve(named) === folder) return `No stack is up in ${folder}.`;
  const down = ownLine(shellWords(["local", "down", "--dir", named]));
  return `No stack is up in ${folder}. For the one that this terminal points to: "${down}"`;
}

/** The stack that is up in a folder; waits up to `patienceMs` for one. */
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
