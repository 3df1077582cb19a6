/** How important a line is, least important first. */
const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

/** Where lines go. */
interface Streams {
  out: (text: string) => void;
  err: (text: string) => void;
}

/** The longest time that a line waits to be printed together with others, unless it is a warning or an error. */
const LATE_MS = 100;

const toProcess: Streams = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/**
 * Prints events as lines of JSON, in the format of AWS Lambda Powertools: warnings and errors to stderr at once,
 * everything else to stdout, a few lines at a time. Printing each line separately took 8 % of a worker's CPU.
 */
export class JsonLog {
  readonly #streams: Streams;
  readonly #least: number;
  readonly #now: () => number;
  #waiting = "";

  /** `least`: leaves out less important lines; "info" if it is not the name of a level. */
  constructor(least = "", streams = toProcess, now: () => number = Date.now) {
    const wanted = LEVELS.indexOf(least.toLowerCase() as Level);
    this.#least = wanted >= 0 || least.toLowerCase() === "silent" ? wanted : LEVELS.indexOf("info");
    this.#streams = streams;
    this.#now = now;
  }

  /** Prints a line; `message` is the name of the event. An Error in a field becomes an object. */
  write(level: Level, message: string, fields: object = {}): void {
    const rank = LEVELS.indexOf(level);
    if (this.#least < 0 || rank < this.#least) return;
    const timestamp = new Date(this.#now()).toISOString();
    const head = { level: level.toUpperCase(), message, timestamp, service: "worker", sampling_rate: 0 };
    const line = `${JSON.stringify({ ...head, ...fields }, errorsAsObjects)}\n`;
    if (rank >= LEVELS.indexOf("warn")) {
      this.flush();
      this.#streams.err(line);
      return;
    }
    if (this.#waiting === "") setTimeout(() => this.flush(), LATE_MS).unref();
    this.#waiting += line;
  }

  /** Prints waiting lines; call it when the process ends. */
  flush(): void {
    if (this.#waiting === "") return;
    const text = this.#waiting;
    this.#waiting = "";
    this.#streams.out(text);
  }
}

/** Also leaves out null values, as Powertools does. */
function errorsAsObjects(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (!(value instanceof Error)) return value ?? undefined;
  const { name, message, stack, cause } = value;
  return Object.assign({ name, location: locationIn(stack), message, stack, cause }, value);
}

/** File and line of the first call in a stack trace. */
function locationIn(stack = ""): string {
  const [, file, line] = /\(([^()]*?):(\d+?):(\d+?)\)$/m.exec(stack) ?? [];
  return file === undefined ? "" : `${file}:${line}`;
}
