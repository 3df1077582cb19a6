/** A step, as shown in a graph. */
export interface GraphStep {
  step: string;
  /** steps: it waits for their items that belong together with its own */
  after: readonly string[];
  /** steps: it waits for all their items */
  afterAll: readonly string[];
  allowFailed?: string;
  items: number;
}

/** The steps as a Mermaid flowchart: a thin arrow from item to item, a thick one for waiting for a whole step. */
export function mermaidOf(steps: readonly GraphStep[]): string {
  const idOf = new Map(steps.map(({ step }, index) => [step, `s${index}`]));
  const lines = ["flowchart TD"];
  for (const { step, items } of steps) {
    lines.push(`  ${idOf.get(step)}["${escaped(step)}<br>${items} ${items === 1 ? "item" : "items"}"]`);
  }
  for (const { step, after, afterAll, allowFailed } of steps) {
    for (const before of after) lines.push(`  ${idOf.get(before)} --> ${idOf.get(step)}`);
    const label = allowFailed === undefined ? "all" : `all, ${allowFailed} may fail`;
    for (const before of afterAll) lines.push(`  ${idOf.get(before)} == "${escaped(label)}" ==> ${idOf.get(step)}`);
  }
  return lines.join("\n");
}

/** Text for a label in quotes: Mermaid interprets `#…;` as a character, and also HTML. */
function escaped(text: string): string {
  return text.replace(/[#"<>&;`]/g, (character) => `#${character.charCodeAt(0)};`);
}
