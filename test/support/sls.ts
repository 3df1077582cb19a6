import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Env } from "../../lib/aws-config.ts";

const ROOT = join(import.meta.dirname, "../..");
const COPIED = ["serverless.yml", "infra", "package.json", "tsconfig.json", "events"];
const LINKED = ["functions", "lib", "node_modules"];
/** Where sls keeps the compiled schema of serverless.yml, which takes most of its time. */
const SCHEMA_CACHE = join(ROOT, "node_modules/.cache/serverless");

/** A CloudFormation resource. */
export interface Resource {
  Type: string;
  DependsOn?: unknown;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Condition?: string;
  Properties: Record<string, unknown>;
}

/** The template that `sls package` makes. */
export interface Template {
  Parameters: Record<string, { Default: string | number }>;
  Conditions: Record<string, unknown>;
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown; Condition?: string }>;
}

/** A copy of the service in its own folder, because the Serverless Framework writes files next to serverless.yml. */
export class ServiceCopy {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** With `bundles: false`, packages contain no code, which is much faster if only the template matters. */
  static async make({ bundles = true } = {}): Promise<ServiceCopy> {
    const dir = await mkdtemp(join(tmpdir(), "anamo-sls-"));
    await Promise.all([
      ...COPIED.map((name) => cp(join(ROOT, name), join(dir, name), { recursive: true })),
      ...LINKED.map((name) => symlink(join(ROOT, name), join(dir, name))),
    ]);
    const copy = new ServiceCopy(dir);
    if (!bundles) await copy.#leaveOutCode();
    return copy;
  }

  /** Runs `sls` as on a machine without an AWS account; `all` is its combined stdout and stderr. */
  async sls(args: readonly string[], env: Env = {}): Promise<{ stdout: string; all: string }> {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const running = promisify(execFile)(
      process.execPath,
      [join(this.dir, "node_modules/serverless/bin/serverless.js"), ...args],
      {
        cwd: this.dir,
        env: { PATH, NODE_COMPILE_CACHE, HOME: this.dir, SLS_SCHEMA_CACHE_BASE_DIR: SCHEMA_CACHE, ...env },
        maxBuffer: 64 * 1024 * 1024,
        timeout: 100_000,
      },
    );
    // without another source, `invoke local` reads its event from stdin
    running.child.stdin?.end();
    const { stdout, stderr } = await running.catch((error) => {
      // the reason may be on either stream
      throw new Error(`${error.message}\n${error.stdout}`, { cause: error });
    });
    return { stdout, all: stdout + stderr };
  }

  /** Packages with these parameters, given as `name=value`; returns the template for CloudFormation. */
  async package(params: readonly string[] = [], more: readonly string[] = []): Promise<Template> {
    await this.sls(["package", ...more, ...params.flatMap((param) => ["--param", param])]);
    return this.template();
  }

  async template(): Promise<Template> {
    const file = join(this.dir, ".serverless/cloudformation-template-update-stack.json");
    return JSON.parse(await readFile(file, "utf8")) as Template;
  }

  /** Changes a file of the copy. */
  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.dir, name), text);
  }

  async #leaveOutCode(): Promise<void> {
    const text = await readFile(join(this.dir, "serverless.yml"), "utf8");
    const without = text
      .replace("  - serverless-esbuild\n", "")
      .replace("package:\n  individually: true\n", "package:\n  artifact: no-code.zip\n");
    await Promise.all([this.write("serverless.yml", without), this.write("no-code.zip", "")]);
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}
