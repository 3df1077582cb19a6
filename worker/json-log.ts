/** How much a line matters, least first. */
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
 * Prints events as lines of JSON, in the form of AWS Lambda Powertools: warnings and errors to stderr and at once, the
 * rest to stdout, a few lines at a time. Printing each by itself took 8 % of a worker's CPU.
 */
export class JsonLog {
  readonly #streams: Streams;
  readonly #least: number;
  readonly #now: () => number;
  #waiting = "";

  /** `least`: leaves out what matters less; "info" if it is not the name of a level. */
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

  /** Prints what waits: to be called when the process ends. */
  flush(): void {
    if (this.#waiting === "") return;
    const text = this.#waiting;
    this.#waiting = "";
    this.#streams.out(text);
  }
}

/** Also leaves out what is null, as Powertools does. */
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
