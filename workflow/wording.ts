/** What a method may need but was not given. */
export type Needed = "table" | "bucket" | "jobQueue" | "jobDefinition" | "items";

/** How messages name options and ask for what is missing. The command line has its own wording: `--table`. */
export interface Wording {
  /** names an option of a method */
  option(name: string): string;
  /** says how to give what is missing */
  missing: Readonly<Record<Needed, string>>;
}

/** The wording for programs. */
export const METHOD_WORDING: Wording = {
  option: (name) => name,
  missing: {
    table: "give the option table, or set ANAMO_TABLE",
    bucket: "give the option bucket, or set ANAMO_BUCKET",
    jobQueue: "give the option jobQueue, or set ANAMO_JOB_QUEUE",
    jobDefinition: "give the option jobDefinition, or set ANAMO_JOB_DEFINITION",
    items: "Name them or select them; { all: true } means every item",
  },
};
