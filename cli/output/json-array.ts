import { writeOut } from "./write-out.ts";

/** Prints one JSON array, one element per line, as the elements come. */
export class JsonArray {
  #begun = false;

  async push(elements: readonly unknown[]): Promise<void> {
    if (elements.length === 0) return;
    const text = elements.map((element) => JSON.stringify(element)).join(",\n");
    await this.raw(text);
  }

  /** An element as JSON text, or the first part of one; the rest goes to {@link writeOut}. */
  async raw(text: string): Promise<void> {
    const before = this.#begun ? ",\n" : "[\n";
    this.#begun = true;
    await writeOut(`${before}${text}`);
  }

  async end(): Promise<void> {
    await writeOut(this.#begun ? "\n]\n" : "[]\n");
  }
}
