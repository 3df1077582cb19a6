import { shellWords } from "../shell-words.ts";

/** Where a table is, and how to type commands for it there. */
export interface Place {
  isLocal: boolean;
  /** for people: `this machine`, `AWS, eu-west-1` */
  name: string;
  /** the words that start anamo */
  program: string[];
  /** variables to put in front of it, ready for a shell */
  variables?: string;
  /** options that name the table, if commands do not find it by themselves */
  target: string[];
  /** options that also name the bucket */
  bucket: string[];
  /** what was typed to run the list, without the program */
  run?: string[];
}

/** A command, ready for a shell. Ids that start with a dash are kept from being taken for options. */
export function commandLine(
  place: Place,
  words: readonly string[],
  { operands = [], options = [], needsBucket = false }: Partial<CommandParts> = {},
): string {
  const { program, variables, target, bucket } = place;
  const more = [...options, ...target, ...(needsBucket ? bucket : [])];
  const hasDash = operands.some((operand) => operand.startsWith("-"));
  const all = hasDash ? [...more, "--", ...operands] : [...operands, ...more];
  return `${variables ? `${variables} ` : ""}${shellWords([...program, ...words, ...all])}`;
}

interface CommandParts {
  operands: readonly string[];
  options: readonly string[];
  needsBucket: boolean;
}

export const COMMANDS = {
  /** repeats the run; its own words say where the stack is */
  again: ({ program }: Place, run: readonly string[]) => shellWords([...program, ...run]),
  look: (place: Place, itemID: string) =>
    commandLine(place, ["logs"], { operands: [itemID], options: ["--stderr"], needsBucket: true }),
  show: (place: Place, itemID: string) => commandLine(place, ["show"], { operands: [itemID] }),
  reset: (place: Place, itemID: string) => commandLine(place, ["reset"], { operands: [itemID] }),
  resetGroup: (place: Place, group: string) => commandLine(place, ["reset"], { options: ["--group", group] }),
  itemsOf: (place: Place, taskID: string) => commandLine(place, ["items"], { options: [`--sample=${taskID}`] }),
  deleteSample: (place: Place, taskID: string) => commandLine(place, ["delete"], { options: [`--sample=${taskID}`] }),
  inState: (place: Place, states: readonly string[], step?: string) =>
    commandLine(place, ["items"], {
      options: [...states.flatMap((state) => ["--state", state]), ...(step === undefined ? [] : [`--step=${step}`])],
    }),
  resume: (place: Place, step: string) => commandLine(place, ["step", "resume"], { operands: [step] }),
  launch: (place: Place) => commandLine(place, ["launch"]),
  liftStop: (place: Place) => commandLine(place, ["stop"], { options: ["--lift"] }),
  report: (place: Place) => commandLine(place, ["report"], { options: ["--open"] }),
  items: (place: Place) => commandLine(place, ["items"], { options: ["--csv"] }),
} as const;
