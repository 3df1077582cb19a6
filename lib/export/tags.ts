/** A tagged line, split into its parts. */
export interface Tag {
  /** the text before the first tab or, without a tab, the whole line */
  name: string;
  /** the text after the first tab */
  value?: string;
}

/** Splits a tagged line: `coverage<TAB>31.2`. */
export function tagOf(line: string): Tag {
  const tab = line.indexOf("\t");
  return tab < 0 ? { name: line } : { name: line.slice(0, tab), value: line.slice(tab + 1) };
}
