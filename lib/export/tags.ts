/** A tagged line, taken apart. */
export interface Tag {
  /** what is before the first tab or, without one, all of the line */
  name: string;
  /** what is behind the first tab */
  value?: string;
}

/** Takes a tagged line apart: `coverage<TAB>31.2`. */
export function tagOf(line: string): Tag {
  const tab = line.indexOf("\t");
  return tab < 0 ? { name: line } : { name: line.slice(0, tab), value: line.slice(tab + 1) };
}
