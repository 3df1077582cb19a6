/* The part of DynamoDB's expression language that anamo uses, on rows of plain values. Parses each text once. */

export type Values = Record<string, unknown>;
type Row = Record<string, unknown>;

interface Scope {
  row: Row;
  names: Record<string, string>;
  values: Values;
}

type Operand = (scope: Scope) => unknown;
type Test = (scope: Scope) => boolean;

const tests = new Map<string, Test>();
const updates = new Map<string, (scope: Scope) => Row>();

/** Whether a row satisfies a condition or filter; a missing row counts as an empty one. */
export function holds(expression: string | undefined, scope: Scope): boolean {
  if (expression === undefined) return true;
  const known = tests.get(expression) ?? new Parser(expression).condition();
  tests.set(expression, known);
  return known(scope);
}

/** The row after an update. */
export function updated(expression: string, scope: Scope): Row {
  const known = updates.get(expression) ?? new Parser(expression).update();
  updates.set(expression, known);
  return known(scope);
}

class Parser {
  readonly #tokens: string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(/[#:]?[\w]+|<>|<=|>=|[=<>(),.+-]/g) ?? [];
  }

  condition(): Test {
    const test = this.#or();
    if (this.#at < this.#tokens.length) throw new Error(`cannot read ${this.#tokens.slice(this.#at).join(" ")}`);
    return test;
  }

  update(): (scope: Scope) => Row {
    const acts: ((scope: Scope, next: Row) => void)[] = [];
    let verb = "";
    while (this.#at < this.#tokens.length) {
      if (["SET", "REMOVE", "ADD", "DELETE"].includes(this.#peek())) verb = this.#take();
      else this.#take(",");
      acts.push(this.#change(verb));
    }
    return (scope) => {
      const next = { ...scope.row };
      for (const act of acts) act(scope, next);
      return next;
    };
  }

  #change(verb: string): (scope: Scope, next: Row) => void {
    const name = this.#name();
    if (verb === "REMOVE") return (scope, next) => delete next[name(scope)];
    if (verb === "SET") {
      this.#take("=");
      const value = this.#sum();
      return (scope, next) => Object.assign(next, { [name(scope)]: value(scope) });
    }
    const value = this.#operand();
    return (scope, next) => {
      const attribute = name(scope);
      const given = value(scope);
      const old = scope.row[attribute];
      if (typeof given === "number") next[attribute] = Number(old ?? 0) + given;
      else {
        const set = new Set(old as Set<unknown> | undefined);
        for (const one of given as Set<unknown>) verb === "ADD" ? set.add(one) : set.delete(one);
        if (set.size > 0) next[attribute] = set;
        else delete next[attribute];
      }
    };
  }

  #or(): Test {
    const parts = [this.#and()];
    while (this.#peek() === "OR" && this.#take()) parts.push(this.#and());
    return (scope) => parts.some((part) => part(scope));
  }

  #and(): Test {
    const parts = [this.#comparison()];
    while (this.#peek() === "AND" && this.#take()) parts.push(this.#comparison());
    return (scope) => parts.every((part) => part(scope));
  }

  #comparison(): Test {
    if (this.#peek() === "(") {
      this.#take("(");
      const inner = this.#or();
      this.#take(")");
      return inner;
    }
    const word = this.#peek();
    if (word === "attribute_exists" || word === "attribute_not_exists") {
      const [path] = this.#call();
      const wanted = word === "attribute_exists";
      return (scope) => (path?.(scope) !== undefined) === wanted;
    }
    if (word === "contains" || word === "begins_with") {
      const [path, part] = this.#call();
      return (scope) => {
        const [whole, piece] = [path?.(scope), part?.(scope)];
        if (word === "contains") return whole instanceof Set && whole.has(piece);
        return typeof whole === "string" && whole.startsWith(String(piece));
      };
    }
    const left = this.#operand();
    const operator = this.#take();
    const right = this.#operand();
    if (operator === "BETWEEN") {
      this.#take("AND");
      const end = this.#operand();
      return (scope) => compare(left(scope), ">=", right(scope)) && compare(left(scope), "<=", end(scope));
    }
    return (scope) => compare(left(scope), operator, right(scope));
  }

  #call(): Operand[] {
    this.#take();
    this.#take("(");
    const args = [this.#operand()];
    while (this.#peek() === "," && this.#take()) args.push(this.#operand());
    this.#take(")");
    return args;
  }

  #sum(): Operand {
    const first = this.#operand();
    if (this.#peek() !== "+") return first;
    this.#take("+");
    const second = this.#operand();
    return (scope) => Number(first(scope)) + Number(second(scope));
  }

  #operand(): Operand {
    const word = this.#peek();
    if (word === "if_not_exists") {
      const [path, other] = this.#call();
      return (scope) => path?.(scope) ?? other?.(scope);
    }
    if (word === "size") {
      const [path] = this.#call();
      return (scope) => (path?.(scope) as Set<unknown> | undefined)?.size;
    }
    if (word.startsWith(":")) {
      this.#take();
      return ({ values }) => values[word];
    }
    const name = this.#name();
    if (this.#peek() !== ".") return (scope) => scope.row[name(scope)];
    this.#take(".");
    const inner = this.#name();
    return (scope) => (scope.row[name(scope)] as Row | undefined)?.[inner(scope)];
  }

  #name(): (scope: Scope) => string {
    const word = this.#take();
    return word.startsWith("#") ? ({ names }) => names[word] ?? word : () => word;
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? "";
  }

  #take(expected?: string): string {
    const token = this.#peek();
    if (token === "" || (expected !== undefined && token !== expected)) {
      throw new Error(`expected ${expected ?? "more"}, found ${token} in ${this.#tokens.join(" ")}`);
    }
    this.#at++;
    return token;
  }
}

function compare(a: unknown, operator: string, b: unknown): boolean {
  if (a === undefined || b === undefined) return operator === "<>" && a !== b;
  switch (operator) {
    case "=":
      return isEqual(a, b);
    case "<>":
      return !isEqual(a, b);
    case "<":
      return (a as string) < (b as string);
    case "<=":
      return (a as string) <= (b as string);
    case ">":
      return (a as string) > (b as string);
    case ">=":
      return (a as string) >= (b as string);
    default:
      throw new Error(`unknown operator ${operator}`);
  }
}

/** Sets are equal if they have the same elements. */
function isEqual(a: unknown, b: unknown): boolean {
  if (!(a instanceof Set && b instanceof Set)) return a === b;
  return a.size === b.size && [...a].every((one) => b.has(one));
}
