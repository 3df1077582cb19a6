import { chown, cp, mkdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** What a build may copy: a folder, less what its .dockerignore leaves out. */
export class BuildContext {
  readonly #dir: string;
  readonly #let: ReadonlySet<string>;

  private constructor(dir: string, let_: ReadonlySet<string>) {
    this.#dir = dir;
    this.#let = let_;
  }

  /** Knows a .dockerignore that leaves out all but the files that it names. */
  static async of(dir: string): Promise<BuildContext> {
    const lines = (await readFile(join(dir, ".dockerignore"), "utf8")).split("\n").filter(Boolean);
    const [all, ...names] = lines;
    const isPlain = all === "*" && names.every((name) => /^![\w./-]+$/.test(name));
    if (!isPlain) throw new Error("expected a .dockerignore of * and of names with ! before them");
    return new BuildContext(dir, new Set(names.map((name) => name.slice(1))));
  }

  /** The bytes of a file that a COPY names. */
  read(path: string): Promise<Buffer> {
    return readFile(this.#pathOf(path));
  }

  /** Copies a file as COPY does: its mode stays, it belongs to root unless told otherwise. */
  async copy(path: string, root: string, to: string, owner: { uid: number; gid: number }): Promise<void> {
    const target = join(root, to.endsWith("/") ? join(to, basename(path)) : to);
    await mkdir(dirname(target), { recursive: true });
    await cp(this.#pathOf(path), target);
    await chown(target, owner.uid, owner.gid);
  }

  #pathOf(path: string): string {
    if (!this.#let.has(path)) throw new Error(`COPY of ${path}, which .dockerignore leaves out`);
    return join(this.#dir, path);
  }
}
