import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { kept } from "../../support/emulators/cache.ts";
import { baseTar } from "./base.ts";
import { BuildContext } from "./context.ts";
import { assignments, filledIn, type Instruction, parseDockerfile, wordsOfJson } from "./dockerfile.ts";
import { envInside, type Inside, inRoot, userOf } from "./in-root.ts";

const run = promisify(execFile);

/** An image made without a container engine: a root folder, and how its program is started. */
export interface Replayed extends Inside {
  root: string;
  entrypoint: string[];
  labels: ReadonlyMap<string, string>;
}

const PROXIES = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
/** Instructions that write into the root folder, then all instructions that the replayer supports. */
const WRITES = ["RUN", "COPY"];
const KNOWN = ["FROM", "ARG", "ENV", "LABEL", "USER", "WORKDIR", "ENTRYPOINT", ...WRITES];

/**
 * Replays the steps of a Dockerfile in a new root folder, which the caller removes. The result of the steps up to the
 * last RUN is cached, as an engine caches layers. Throws for an instruction that it does not support.
 */
export async function replay(dir: string): Promise<Replayed> {
  const instructions = parseDockerfile(await readFile(join(dir, "Dockerfile"), "utf8"));
  for (const { name, line } of instructions) {
    if (!KNOWN.includes(name))
      throw new Error(`line ${line}: ${name} is not supported by the replayer: add it to replay.ts`);
  }
  if (instructions.filter(({ name }) => name === "FROM").length !== 1) throw new Error("expected one FROM");
  const builder = new Builder(await BuildContext.of(dir), instructions);
  try {
    return await builder.build();
  } catch (error) {
    if (builder.root) await rm(builder.root, { recursive: true, force: true });
    throw error;
  }
}

class Builder {
  readonly #context: BuildContext;
  readonly #steps: readonly Instruction[];
  readonly #args = new Map<string, string>();
  readonly #env = new Map<string, string>();
  readonly #labels = new Map<string, string>();
  /** the root folder, once there is one */
  root = "";
  #user = { uid: 0, gid: 0, home: "/root" };
  #workdir = "/";
  #entrypoint: string[] = [];

  constructor(context: BuildContext, instructions: readonly Instruction[]) {
    this.#context = context;
    this.#steps = instructions;
  }

  async build(): Promise<Replayed> {
    const from = this.#steps.findIndex(({ name }) => name === "FROM");
    for (const step of this.#steps.slice(0, from)) this.#globalArg(step);
    const base = await baseTar(filledIn(this.#steps[from]?.rest ?? "", this.#args));
    this.#args.clear();
    const steps = this.#steps.slice(from + 1);
    const headLength = steps.findLastIndex(({ name }) => name === "RUN") + 1;
    const head = steps.slice(0, headLength);
    const layer = await kept("image-layer", await this.#pinOf(base.pin, head), async (kept) => {
      await this.#unpack(base.file);
      for (const step of head) await this.#apply(step);
      await run("tar", ["--one-file-system", "-cf", join(kept, "layer.tar"), "-C", this.root, "."]);
    });
    if (this.root === "") {
      await this.#unpack(join(layer, "layer.tar"));
      // what these wrote is in the layer
      for (const step of head.filter(({ name }) => !WRITES.includes(name))) await this.#apply(step);
    }
    for (const step of steps.slice(headLength)) await this.#apply(step);
    if (this.#entrypoint.length === 0) throw new Error("no ENTRYPOINT");
    return { root: this.root, entrypoint: this.#entrypoint, labels: this.#labels, ...this.#inside };
  }

  get #inside(): Inside {
    return { env: this.#env, workdir: this.#workdir, user: this.#user };
  }

  async #unpack(file: string): Promise<void> {
    this.root = await mkdtemp(join(tmpdir(), "anamo-image-"));
    await chmod(this.root, 0o755);
    await run("tar", ["-xpf", file, "-C", this.root, "--numeric-owner"]);
  }

  async #pinOf(base: string, head: readonly Instruction[]): Promise<string> {
    const parts = [base];
    for (const { name, rest } of head) {
      parts.push(`${name} ${rest}`);
      if (name !== "COPY") continue;
      const { sources } = copyOf(rest);
      for (const source of sources) {
        parts.push(
          createHash("sha256")
            .update(await this.#context.read(source))
            .digest("hex"),
        );
      }
    }
    return parts.join("\n");
  }

  #globalArg({ name, rest, line }: Instruction): void {
    if (name !== "ARG") throw new Error(`line ${line}: ${name} before FROM`);
    for (const [key, value] of assignments(rest)) this.#args.set(key, filledIn(value, this.#args));
  }

  async #apply(step: Instruction): Promise<void> {
    const { name, line } = step;
    const rest = name === "RUN" || step.rest.startsWith("[") ? step.rest : filledIn(step.rest, this.#values);
    switch (name) {
      case "ARG":
        for (const [key, value] of assignments(rest)) this.#args.set(key, value);
        return;
      case "ENV":
        for (const [key, value] of assignments(rest)) this.#env.set(key, value);
        return;
      case "LABEL":
        for (const [key, value] of assignments(rest)) this.#labels.set(key, value);
        return;
      case "RUN":
        return this.#run(rest);
      case "COPY":
        return this.#copy(rest);
      case "USER":
        this.#user = await userOf(this.root, rest);
        return;
      case "WORKDIR":
        this.#workdir = resolve(this.#workdir, rest);
        await mkdir(join(this.root, this.#workdir), { recursive: true });
        return;
      case "ENTRYPOINT":
        this.#entrypoint = wordsOfJson(step);
        return;
      default:
        throw new Error(`line ${line}: ${name} is in KNOWN, but not implemented`);
    }
  }

  get #values(): Map<string, string> {
    return new Map([...this.#args, ...this.#env]);
  }

  async #run(command: string): Promise<void> {
    const [file = "", ...args] = inRoot(this.root, ["/bin/sh", "-c", command], this.#inside);
    const proxies = PROXIES.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
    const env = { ...Object.fromEntries(proxies), ...Object.fromEntries(this.#args), ...envInside(this.#inside) };
    await run(file, args, { env, maxBuffer: 64 * 1024 * 1024 });
  }

  async #copy(rest: string): Promise<void> {
    const { sources, target, chown } = copyOf(rest);
    const owner = chown === undefined ? { uid: 0, gid: 0 } : await userOf(this.root, chown);
    const absolute = target.startsWith("/") ? target : join(this.#workdir, target);
    for (const source of sources) await this.#context.copy(source, this.root, absolute, owner);
  }
}

function copyOf(rest: string): { sources: string[]; target: string; chown?: string } {
  const words = rest.split(/\s+/);
  const chown = words[0]?.startsWith("--chown=") ? words.shift()?.slice("--chown=".length) : undefined;
  const target = words.pop();
  if (target === undefined || words.length === 0 || words.some((word) => word.startsWith("--")) || /[*?:]/.test(rest)) {
    throw new Error(`COPY ${rest}: the replayer supports only [--chown=user], files and a target`);
  }
  return { sources: words, target, ...(chown !== undefined && { chown }) };
}
