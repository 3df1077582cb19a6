import { chown, cp, mkdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** What a build may copy: a folder without the files that its .dockerignore excludes. */
export class BuildContext {
  readonly #dir: string;
  readonly #included: ReadonlySet<string>;

  private constructor(dir: string, included: ReadonlySet<string>) {
    this.#dir = dir;
    this.#included = included;
  }

  /** Reads the .dockerignore, which must exclude everything except the files that it names. */
  static async of(dir: string): Promise<BuildContext> {
    const lines = (await readFile(join(dir, ".dockerignore"), "utf8")).split("\n").filter(Boolean);
    const [all, ...names] = lines;
    const isPlain = all === "*" && names.every((name) => /^![\w./-]+$/.test(name));
    if (!isPlain) throw new Error("expected a .dockerignore with * and then names that start with !");
    return new BuildContext(dir, new Set(names.map((name) => name.slice(1))));
  }

  /** The bytes of a file that a COPY names. */
  read(path: string): Promise<Buffer> {
    return readFile(this.#pathOf(path));
  }

  /** Copies a file as COPY does: it keeps its mode and belongs to `owner`. */
  async copy(path: string, root: string, to: string, owner: { uid: number; gid: number }): Promise<void> {
    const target = join(root, to.endsWith("/") ? join(to, basename(path)) : to);
    await mkdir(dirname(target), { recursive: true });
    await cp(this.#pathOf(path), target);
    await chown(target, owner.uid, owner.gid);
  }

  #pathOf(path: string): string {
    if (!this.#included.has(path)) throw new Error(`COPY of ${path}, which .dockerignore excludes`);
    return join(this.#dir, path);
  }
}
