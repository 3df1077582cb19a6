/** The longest line kept in one piece: a log without line ends must not exhaust memory. */
const MAX_LINE_CHARACTERS = 1024 * 1024;

/**
 * The lines of some output, without line ends. Invalid UTF-8 becomes `�`; lines longer than the limit come in pieces.
 */
export async function* linesOf(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxCharacters = MAX_LINE_CHARACTERS,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let pending = "";
  for await (const piece of bytes) {
    const lines = (pending + decoder.decode(piece, { stream: true })).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) yield withoutReturn(line);
    for (; pending.length > maxCharacters; pending = pending.slice(maxCharacters))
      yield pending.slice(0, maxCharacters);
  }
  pending += decoder.decode();
  if (pending !== "") yield withoutReturn(pending);
}

/** The last `count` lines, oldest first; keeps only those in memory. */
export async function lastLines(lines: AsyncIterable<string>, count: number): Promise<string[]> {
  const ring: string[] = [];
  let seen = 0;
  if (count < 1) return ring;
  for await (const line of lines) ring[seen++ % count] = line;
  const oldest = seen > count ? seen % count : 0;
  return [...ring.slice(oldest), ...ring.slice(0, oldest)];
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** Which lines of a log to return. */
export interface LinesWanted {
  /** only lines that match */
  grep?: RegExp;
  /** of those, only the last this many */
  tail?: number;
}

/** The requested lines of some output. */
export async function* wantedLines(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { grep, tail }: LinesWanted,
): AsyncGenerator<string> {
  const lines = grep ? matching(linesOf(bytes), grep) : linesOf(bytes);
  if (tail === undefined) yield* lines;
  else yield* await lastLines(lines, tail);
}

async function* matching(lines: AsyncIterable<string>, pattern: RegExp): AsyncGenerator<string> {
  // unlike test(), search() starts at the beginning of every line, whatever the flags of the pattern
  for await (const line of lines) if (line.search(pattern) >= 0) yield line;
}
