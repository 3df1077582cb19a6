import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Command } from "commander";
import { addStackFlags, type StackFlags, targetStack } from "../cli/flags/stack-target.ts";
import { explain } from "../cli/output/explain.ts";
import { ConfigError, toError, UsageError } from "../lib/errors.ts";
import { stackOutputs } from "../lib/stack-outputs.ts";
import { ImagePush } from "./image-push.ts";

/*
 * `npm run worker:push`: builds the worker's image and pushes it to the repository of a deployed stack. Exit codes: 0
 * pushed (or --dry-run), 2 something is missing that the user can supply, 1 anything else.
 */

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface PushFlags extends StackFlags {
  platform?: string;
  tag: string;
  engine: string;
  dryRun?: boolean;
}

const PLATFORMS: Readonly<Record<string, string>> = { X86_64: "linux/amd64", ARM64: "linux/arm64" };

const program = addStackFlags(new Command("npm run worker:push --"))
  .description("Builds the worker's image and puts it into the repository of a deployed stack.")
  .option("--platform <platform>", "what it runs on: linux/amd64, linux/arm64 (default: what the stack says)")
  .option("--tag <tag>", "the image's tag; the stack's jobs use latest", "latest")
  .option("--engine <program>", "docker, or a compatible program: podman, finch", "docker")
  .option("--dry-run", "only print the commands")
  .action(push);

async function push(flags: PushFlags): Promise<void> {
  const { stack, outputs } = await outputsOf(flags);
  const repository = outputs.get("WorkerRepository");
  if (!repository) {
    throw new UsageError(
      `stack ${stack} has no repository for the image: it was deployed with your own job queue and definition`,
    );
  }
  const pinned = outputs.get("WorkerImage")?.includes("@sha256:") ?? false;
  const platform = flags.platform ?? PLATFORMS[outputs.get("CpuArchitecture") ?? "X86_64"] ?? "linux/amd64";
  const { engine, tag } = flags;
  const image = new ImagePush({ engine, repository, tag, platform, revision: await commitOf(ROOT) });
  if (flags.dryRun) process.stdout.write(`${image.commandLines().join("\n")}\n`);
  else {
    await image.run();
    process.stdout.write(pushedText({ flags, image: image.name, pinned, digest: await image.digest() }));
  }
}

/** What a push means for jobs: they run the newest image, or the one that the stack is pinned to. */
function pushedText(push: { flags: PushFlags; image: string; pinned: boolean; digest: string | undefined }): string {
  const { flags, image, pinned, digest } = push;
  const pin = `npx sls deploy --stage ${flags.stage} --param imageDigest=${digest ?? "sha256:…"}`;
  const deploy = `         ${pin}     # with your other parameters\n`;
  if (pinned)
    return `${image} is there; jobs keep to the image that imageDigest names, until you deploy another:\n${deploy}`;
  if (flags.tag !== "latest") return `${image} is there\n`;
  const use = `${image} is there: jobs that start from now on use it\n`;
  return digest ? `${use}To keep jobs to this image, whatever is pushed later:\n${deploy}` : use;
}

/** The commit of a git checkout, with `-dirty` appended if files were changed; undefined without git. */
async function commitOf(folder: string): Promise<string | undefined> {
  try {
    const args = ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"];
    const { stdout } = await promisify(execFile)("git", args, { cwd: folder });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

async function outputsOf(flags: PushFlags): Promise<{ stack: string; outputs: Map<string, string> }> {
  const { client, stack, close } = await targetStack(flags, process.env);
  try {
    return { stack, outputs: await stackOutputs(client, stack) };
  } finally {
    close();
  }
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`worker:push: ${explain(toError(error))}\n`);
  process.exitCode = error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
}
