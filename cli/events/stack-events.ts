import { Workflow } from "../../workflow/workflow.ts";
import { localPlace } from "../report/page-file.ts";
import { OnEvent } from "./on-event.ts";

/** Tells a command about the events of a stack that is kept up. */
export class StackEvents {
  readonly #workflow: Workflow;
  readonly #events: OnEvent;
  readonly #say = (line: string) => void process.stderr.write(`${line}\n`);

  constructor(command: string, { dir, table, env }: { dir: string; table: string; env: Record<string, string> }) {
    this.#workflow = new Workflow({ table, env });
    this.#events = new OnEvent({
      command,
      dir,
      table,
      sinceMs: Date.now(),
      place: () => localPlace(dir),
      say: this.#say,
    });
  }

  /** Looks at the table, and tells what is new. */
  look(): void {
    this.#workflow.look().then(
      (look) => this.#events.see(look),
      (error: Error) => this.#say(`--on-event: ${error.message}`),
    );
  }

  async close(): Promise<void> {
    await this.#events.close();
    this.#workflow.close();
  }
}
