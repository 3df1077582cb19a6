import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { AnamoError, systemCode, toError, UsageError } from "../lib/errors.ts";
import { buildWorker } from "./worker-bundle.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What to build and where to push it. */
export interface ImagePushOptions {
  /** `docker`, or a program that takes the same options */
  engine: string;
  /** the ECR repository, without a tag */
  repository: string;
  tag: string;
  /** `linux/amd64` or `linux/arm64` */
  platform: string;
  /** the commit to build from */
  revision?: string | undefined;
}

/** Builds the worker's image and pushes it, using the commands of the engine and of AWS. */
export class ImagePush {
  readonly #engine: string;
  readonly #platform: string;
  readonly #name: string;
  readonly #revision: string | undefined;
  readonly #registry: string;
  readonly #region: string;

  constructor({ engine, repository, tag, platform, revision }: ImagePushOptions) {
    this.#engine = engine;
    this.#platform = platform;
    this.#revision = revision;
    this.#name = `${repository}:${tag}`;
    this.#registry = repository.split("/")[0] ?? "";
    this.#region = /\.ecr\.([\w-]+)\./.exec(this.#registry)?.[1] ?? "";
    if (!this.#region) throw new UsageError(`expected an ECR repository, but the stack names ${repository}`);
  }

  /** What `run` does, as command lines to type in the checkout. */
  commandLines(): string[] {
    const line = (words: readonly string[]) => words.join(" ");
    return [
      `${line(this.#password)} | ${line(this.#login)}`,
      "npm run build:worker",
      line(this.#build),
      line(this.#push),
    ];
  }

  /** Builds and pushes; the commands print to the terminal. Throws UsageError if one of them is not installed. */
  async run(): Promise<void> {
    await this.#needEngine();
    const password = await output(this.#password, "it gives the engine the password of the repository");
    await run(this.#login, "", password);
    await buildWorker(join(ROOT, "build"));
    await run(this.#build, this.#buildHint);
    await run(this.#push);
  }

  /** The image's name in the repository. */
  get name(): string {
    return this.#name;
  }

  /** The digest of the pushed image; undefined if ECR does not report it. */
  async digest(): Promise<string | undefined> {
    const repository = this.#name.slice(this.#registry.length + 1, this.#name.lastIndexOf(":"));
    const tag = this.#name.slice(this.#name.lastIndexOf(":") + 1);
    const call = ["aws", "ecr", "describe-images", "--region", this.#region, "--repository-name", repository];
    const query = ["--image-ids", `imageTag=${tag}`, "--query", "imageDetails[0].imageDigest", "--output", "text"];
    const answer = await output([...call, ...query], "it tells the digest").catch(() => "");
    return /^sha256:[0-9a-f]{64}$/.exec(answer.trim())?.[0];
  }

  get #build(): string[] {
    const label = this.#revision ? ["--build-arg", `REVISION=${this.#revision}`] : [];
    return [this.#engine, "build", "--platform", this.#platform, "--tag", this.#name, ...label, "."];
  }

  get #password(): string[] {
    return ["aws", "ecr", "get-login-password", "--region", this.#region];
  }

  get #login(): string[] {
    return [this.#engine, "login", "--username", "AWS", "--password-stdin", this.#registry];
  }

  get #push(): string[] {
    return [this.#engine, "push", this.#name];
  }

  get #buildHint(): string {
    const own = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;
    return own === this.#platform ? "" : `; it is for ${this.#platform}, which ${this.#engine} must be able to emulate`;
  }

  async #needEngine(): Promise<void> {
    const why = "it builds the image; without it, copy build/anamo-worker.cjs into an image that you build elsewhere";
    try {
      await output([this.#engine, "info"], why);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      const message = `${this.#engine} is installed, but its engine does not answer: is it started?`;
      throw new UsageError(`${message} (${toError(error).message})`, { cause: error });
    }
  }
}

/** Runs a command on this terminal, with `input` as its stdin. */
async function run(words: readonly string[], hint = "", input?: string): Promise<void> {
  const [file = "", ...args] = words;
  const child = spawn(file, args, {
    cwd: ROOT,
    stdio: [input === undefined ? "ignore" : "pipe", "inherit", "inherit"],
  });
  // a command that ends without reading its input reports the reason itself
  child.stdin?.on("error", () => {}).end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new AnamoError("push", `"${words.slice(0, 2).join(" ")}" failed${hint}`);
}

/**
 * Returns what a command prints. Throws a UsageError that says what the command is needed for if it is not installed.
 */
async function output(words: readonly string[], neededFor: string): Promise<string> {
  const [file = "", ...args] = words;
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  try {
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (code === 0) return stdout;
    throw new AnamoError("push", `"${words.slice(0, 2).join(" ")}" failed: ${stderr.trim()}`);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    throw new UsageError(`${file} is not installed: ${neededFor}`, { cause: error });
  }
}
