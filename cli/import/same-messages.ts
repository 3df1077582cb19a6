/** How many lines with the same message are named. */
const NAMED = 3;

/** A message about one or more rows. */
export interface RowMessage {
  text: string;
  rows: number;
}

/**
 * Messages about rows, `line 14: …`, in line order. Identical messages are merged and come first: `lines 14, 26, 38 and
 * 297 more: …`.
 */
export function sameMessages(messages: readonly string[]): RowMessage[] {
  const groups = new Map<string, number[]>();
  const others: RowMessage[] = [];
  for (const message of messages) {
    const [, line, what] = /^line (\d+): (.*)$/s.exec(message) ?? [];
    if (line === undefined || what === undefined) others.push({ text: message, rows: 1 });
    else {
      const lines = groups.get(what);
      if (lines) lines.push(Number(line));
      else groups.set(what, [Number(line)]);
    }
  }
  const inOrder = [...groups].map(([what, lines]) => ({ what, lines: lines.sort((a, b) => a - b) }));
  // messages that many rows share come first
  const isAlone = ({ lines }: { lines: number[] }) => Number(lines.length === 1);
  inOrder.sort((a, b) => isAlone(a) - isAlone(b) || (a.lines[0] ?? 0) - (b.lines[0] ?? 0));
  return [
    ...inOrder.map(({ what, lines }) => ({ text: `${linesText(lines)}: ${what}`, rows: lines.length })),
    ...others,
  ];
}

function linesText(lines: readonly number[]): string {
  if (lines.length === 1) return `line ${lines[0]}`;
  const last = lines.length > NAMED ? `${(lines.length - NAMED).toLocaleString("en-US")} more` : `${lines.at(-1)}`;
  return `lines ${lines.slice(0, Math.min(NAMED, lines.length - 1)).join(", ")} and ${last}`;
}
