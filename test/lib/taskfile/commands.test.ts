import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { UnusableFileError } from "../../../lib/taskfile/problem.ts";
import { readAll, readWithRemarks } from "../../support/task-files.ts";

const commands = (text: string | Uint8Array, size?: number) =>
  readWithRemarks(text, { commands: true, ...(size && { size }) });
const scripts = async (text: string | Uint8Array) => (await commands(text)).items.map(({ script }) => script);
const ids = async (text: string) => (await commands(text)).items.map(({ itemId }) => itemId);

describe("a list of commands", () => {
  test("has an item for each line, named after the command, which is its sample too", async () => {
    const { items, messages } = await commands("bwa mem ref.fa S1.fq > S1.sam\nsamtools sort S1.sam | wc -l\n");
    expect(messages).toEqual([]);
    expect(items).toEqual([
      {
        itemId: "bwa-mem-ref.fa-S1.fq-S1.sam-8252fab2053d52a7",
        taskId: "bwa-mem-ref.fa-S1.fq-S1.sam-8252fab2053d52a7",
        step: "align",
        script: "bwa mem ref.fa S1.fq > S1.sam",
      },
      {
        itemId: expect.stringMatching(/^samtools-sort-S1\.sam-wc-l-[0-9a-f]{16}$/),
        taskId: items[1]?.itemId,
        step: "align",
        script: "samtools sort S1.sam | wc -l",
      },
    ]);
  });

  test("gives a command the same id on any line, with any blanks around it", async () => {
    const [a = "", b = ""] = await ids("echo a\necho b");
    expect(await ids("  \techo b \n# note\n\necho a\r\n")).toEqual([b, a]);
    expect(a).not.toBe(b);
  });

  test.each([
    ["/opt/tools/bwa mem --out=/data/x.bam", /^bwa-mem-out-x\.bam-[0-9a-f]{16}$/],
    ["'my tool' \"a b\"", /^my-tool-a-b-[0-9a-f]{16}$/],
    ["$(( ))", /^command-[0-9a-f]{16}$/],
    [`echo ${"x".repeat(300_000)}`, /^echo-x{27}-[0-9a-f]{16}$/],
    ["é日本 🧬", /^é日本-[0-9a-f]{16}$/],
  ])("makes an id that people recognize of %.40s", async (command, id) => {
    expect(await ids(command)).toEqual([expect.stringMatching(id)]);
  });

  test("runs a command that is there three times three times, and says so", async () => {
    const { items, remarks } = await commands("sim\nother\nsim\nsim\n");
    const [first = ""] = items.map(({ itemId }) => itemId);
    expect(items.map(({ itemId }) => itemId)).toEqual([first, expect.any(String), `${first}-2`, `${first}-3`]);
    expect(remarks).toEqual(["repeatedCommands 2 from line 3"]);
  });

  test("leaves out blank lines, and comments, which are counted", async () => {
    const { items, remarks } = await commands("#!/bin/bash\n\n   \n  # note | a;b\necho a # b\n");
    expect(items.map(({ script }) => script)).toEqual(["echo a # b"]);
    expect(remarks).toEqual(["comments 2 from line 1"]);
  });

  test.each([1, 7, 10_000])("continues a line that ends in a backslash, in pieces of %i bytes", async (size) => {
    const text = "bwa mem \\\r\n  ref.fa \\\r\n  > x\r\necho \\\\\necho c\\\n# d\necho last";
    const { items, remarks } = await commands(text, size);
    expect(items.map(({ script }) => script)).toEqual([
      "bwa mem \\\n  ref.fa \\\n  > x",
      "echo \\\\",
      "echo c\\\n# d",
      "echo last",
    ]);
    expect(remarks).toEqual(["joinedLines 2 from line 1"]);
  });

  test("keeps {}, quotes, delimiters and an escaped blank at the end", async () => {
    const lines = ["find . -exec ls {} ;", "awk -F'|' '{print $1, $2}' f;g", 'echo "a,b"\tc', "ls a\\ "];
    const found = await commands(lines.join("\n"));
    expect(found.items.map(({ script }) => script)).toEqual(lines);
    expect(found.messages).toEqual([]);
  });

  test("is read with a byte-order mark, without a last line end, and compressed", async () => {
    expect(await scripts("\ufeffecho a\necho b")).toEqual(["echo a", "echo b"]);
    expect(await ids("\ufeffecho a")).toEqual(await ids("echo a"));
    expect(await scripts(gzipSync("echo a\necho b"))).toEqual(["echo a", "echo b"]);
  });
});

test("invisible characters at the ends of a line do not count, wherever files were joined", async () => {
  const lines = ["echo a", "\ufeff# note", "\ufeffecho b", "\u200b", " \u00a0# note", "echo c\u00a0", "echo d\\\u00a0"];
  const { items, messages, remarks } = await commands(lines.join("\n"));
  expect(items.map(({ script }) => script)).toEqual(["echo a", "echo b", "echo c", "echo d\\\u00a0"]);
  expect(messages).toEqual([]);
  expect(remarks).toEqual(["comments 2 from line 2", "invisible 2 from line 3", "typographic 1 from line 7"]);
  expect(items.slice(1, 3).map(({ itemId }) => itemId)).toEqual(await ids("echo b\necho c"));
});

const HINT =
  "; each line is a command of its own: put a script of several lines into a file, and that file on the list";

test.each([
  ["for x in 1 2; do\n  rm -rf $x\ndone", '"for" that is not closed: the command ends on line 4'],
  ["f() {\n  ls\n}", '"{" that is not closed: the command ends on line 4'],
  ["python3 -c '\nimport os\nprint(1)'", "a quote (') that is not closed: the command ends on line 4"],
  ["cat <<EOF\nrm x\nEOF", "a here-document (<<): the command ends on line 4"],
  ["make all &&\n# then\nmake test", '"&&": the command ends on line 4'],
  ["cat x |\n  sort \\\n  -n", '"|": the command ends on line 3'],
])("of a command of several lines, none runs: %s", async (command, found) => {
  const { items, messages } = await commands(`echo a\n${command}\necho b`);
  expect(items.map(({ script }) => script)).toEqual(["echo a", "echo b"]);
  expect(messages).toEqual([`line 2: TaskScript: expected a whole command on one line, found ${found}${HINT}`]);
});

test.each([
  ["echo it's", "a quote (') that is not closed, up to the end of the list"],
  ["while true; do", '"while" that is not closed, up to the end of the list'],
])("of a command that does not end, no line runs: %s", async (command, found) => {
  for (const rest of ["echo b\necho c\n", `${"echo b\n".repeat(3_000)}`, `echo ${"x".repeat(70_000)}\necho c`]) {
    const { items, messages } = await commands(`echo a\n${command}\n${rest}`);
    expect(items.map(({ script }) => script)).toEqual(["echo a"]);
    expect(messages).toEqual([`line 2: TaskScript: expected a whole command on one line, found ${found}${HINT}`]);
  }
});

test("a redirection without a file is rejected, and the next line is read", async () => {
  const { items, messages } = await commands("sort <\necho b");
  expect(items.map(({ script }) => script)).toEqual(["echo b"]);
  expect(messages).toEqual([
    `line 1: TaskScript: expected a whole command on one line, found "<" without a file${HINT}`,
  ]);
});

test("complete commands of any kind are accepted", async () => {
  const lines = [
    ...["for x in 1 2; do echo $x; done", "(cd d; ls)", "sleep 1 &", "ls;", "x=1", "[[ -e a ]]", "f() { ls; }; f"],
    ...["if true; then ls; fi", "cat <<< word", "echo `ls`", "case x in a) ls;; esac", "echo it\\'s"],
  ];
  expect(await scripts(lines.join("\n"))).toEqual(lines);
});

test("a line that cannot be used is rejected, and the next one is read", async () => {
  const latin1 = Buffer.concat([Buffer.from("echo caf\xe9", "latin1"), Buffer.from("\necho b\necho c \\")]);
  const { items, messages } = await commands(latin1);
  expect(items.map(({ script }) => script)).toEqual(["echo b"]);
  expect(messages).toEqual([
    'line 1: TaskScript: expected UTF-8 text, found the byte 0xE9 in "echo café"; if the file is in Latin-1, convert it with  iconv -f LATIN1 -t UTF-8 FILE > NEWFILE',
    "line 3: TaskScript: expected a whole command on one line, found a backslash at the end of the list",
  ]);
  const long = await readAll(`echo ${"x".repeat(400_000)}\n${"y \\\n".repeat(1_500_000)}\nls`, {
    ...{ commands: true, size: 65_536 },
  });
  expect(long.items.map(({ script }) => script)).toEqual(["ls"]);
  expect(long.messages).toEqual([
    "line 1: TaskScript: expected a script of at most 350,000 bytes, found 400,005 bytes; put it into a file in the pipeline folder and call that",
    "line 2: expected a row of at most 4,194,304 bytes, found a longer one; put long scripts into a file in the pipeline folder and call that",
  ]);
});

test.each([
  ["", "expected a list of commands, one per line, found an empty file"],
  ["# a\n\n# b\n", "expected a list of commands, one per line, found only comments (lines that start with #)"],
  [
    "# a\nitemID,TaskID,TaskScript\nA,S,ls\n",
    `line 2: expected a command, found the header of a task file, "itemID,TaskID,TaskScript"; leave out --commands (metadata 'format')`,
  ],
  [
    '{"itemID": "A"}\n',
    `line 1: expected a command, found a row of JSON Lines, "{"itemID": "A"}"; leave out --commands (metadata 'format')`,
  ],
  [
    "item ID,sample,script\nA,S,ls\n",
    `line 1: expected a command, found the header of a task file, "item ID,sample,script"; leave out --commands`,
  ],
  ["[Header],,,\nS1,x\n", "it looks like the sample sheet of a sequencer"],
  ["echo a\recho b\r", "line 1: expected lines that end in LF or CR LF, found CR alone in"],
  ["\u0000\u0001echo", "found a binary file (it contains NUL bytes)"],
])("%j is unusable as a list", async (text, message) => {
  await expect(commands(text)).rejects.toThrow(UnusableFileError);
  await expect(commands(text)).rejects.toThrow(message);
});

test("a list has no columns, so a delimiter is an error", async () => {
  await expect(readAll("ls\n", { commands: true, nestedDelimiter: "," })).rejects.toThrow(
    "nested-delimiter: expected none for a list of commands, which has no columns",
  );
});

test("a list that is read as a task file gets a hint", async () => {
  await expect(readAll("bwa mem ref.fa S1.fq | samtools sort\n")).rejects.toThrow(
    "put the column names on the first line, or use --commands (metadata 'format') if each line is a command",
  );
});

test("lines that only prepare a shell, or end in the background, run and are reported", async () => {
  const prepare = [
    ...["set -e", "cd /data", "module load bwa", "export A=1", "A=2", "source env.sh", ". venv/bin/activate"],
    ...["conda activate x", "umask 022", "wait"],
  ];
  const work = [
    "A=2 call",
    "A=$(call)",
    "cd /data && call",
    "source work.sh",
    "conda run -n x call",
    "> out",
    "cd() { :; }",
  ];
  const read = (lines: string[]) => commands(lines.join("\n"), 5_000);
  expect((await read(prepare)).remarks).toEqual([`noEffect ${prepare.length} from line 1`]);
  expect((await read(work)).remarks).toEqual([]);
  expect((await read(["call &", "\u001a"])).remarks).toEqual(["leftRunning 1 from line 1"]);
});
