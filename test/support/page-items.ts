import type { ItemToAdd } from "../../workflow/index.ts";

/* The items on PyAnamo's pages, as written there. */

/** `data` in the first call of `import_items` */
export const SINGLE_ROWS = [
  "Seq_Test_11|Task_11|seq 10",
  "Seq_Test_12|Task_12|seq 12",
  "Seq_Test_13|Task_13|seq 4",
  "Seq_Test_14|Task_14|seq 8",
];
/** `data` in the second call */
export const NESTED_ROWS = [
  "Seq_Test_7|Task_7|seq|3",
  "Seq_Test_8|Task_8|seq|8,7",
  "Seq_Test_9|Task_9|seq|15,16,17,3",
  "Seq_Test_10|Task_10|seq|3,2,4,6,5",
];
/** `import_items` takes a list; here it is a file with a header. */
export const SINGLE_LIST = ["itemID|TaskID|TaskScript", ...SINGLE_ROWS, ""].join("\n");
export const NESTED_LIST = ["itemID|TaskID|TaskScript|TaskArgs", ...NESTED_ROWS, ""].join("\n");

/** What `echo -e "…" > file` in the readme writes: a blank line before, and one after. */
export const SINGLE_FILE = `
itemID|TaskID|TaskScript
Seq_Test_1|Task_1|seq 3
Seq_Test_2|Task_2|seq 1
Seq_Test_3|Task_3|seq 2
Seq_Test_4|Task_4|seq 10

`;
export const NESTED_FILE = `
itemID|TaskID|TaskScript|TaskArgs
Seq_Test_5|Task_5|seq|8,2,1
Seq_Test_6|Task_6|seq|3,2,1
Seq_Test_7|Task_7|seq|1,4,2
Seq_Test_8|Task_8|seq|2,3,1

`;

/** The items that the pages expect on `Testing_1` when they read its logs and reset it. */
export const TESTING_1: ItemToAdd[] = [
  { itemID: "1", taskID: "Task_1", script: "seq 3000" },
  { itemID: "2", taskID: "Task_2", script: "seq 2; echo two >&2" },
  ...[6, 7, 9, 10].map((n) => ({ itemID: `Seq_Test_${n}`, taskID: `Task_${n}`, script: "seq", args: "3,1,4" })),
];

/** What a page has added to the table `Testing` by the time it checks the progress. */
export interface Put {
  items: number;
  /** ids of the nested items */
  nested: readonly string[];
  /** the number of their tasks */
  tasks: number;
}

/** What `seq n` prints. */
export function seq(n: number): string {
  return Array.from({ length: n }, (_, at) => `${at + 1}\n`).join("");
}
