import { describe, expect, test } from "vitest";
import { readAll } from "../../support/task-files.ts";

/** The scripts that a row asks for, or the messages about it. */
async function scriptsOf(TaskScript: string, TaskArgs: string | string[] = ["chr1", "chr2"]) {
  const row = { itemID: "a", TaskID: "s", TaskScript, TaskArgs };
  const { items, messages } = await readAll(JSON.stringify(row), { name: "x.jsonl", size: 100_000 });
  return items[0]?.scripts ?? messages;
}

const END = "expected a script that ends in a command, to which an argument can be added, found ";
const HOW = '; write {} where the argument goes, or use "$TASK_ARG"';

describe("without {} the argument is added to the end", () => {
  test.each([
    ["seq", ["seq chr1", "seq chr2"]],
    ["seq ", ["seq  chr1", "seq  chr2"]],
    ["echo call\n", ["echo call chr1", "echo call chr2"]],
    ["echo call \n\n", ["echo call chr1", "echo call chr2"]],
    ["echo call \\\n", ["echo call \\\n chr1", "echo call \\\n chr2"]],
    ["call > out.txt", ["call > out.txt chr1", "call > out.txt chr2"]],
    ["# first\ncall", ["# first\ncall chr1", "# first\ncall chr2"]],
    ["cat <<E\nx # y\nE\ncall", ["cat <<E\nx # y\nE\ncall chr1", "cat <<E\nx # y\nE\ncall chr2"]],
    ["true", ["true chr1", "true chr2"]],
    ["call; printf '%s'", ["call; printf '%s' chr1", "call; printf '%s' chr2"]],
    ["sleep 0; echo", ["sleep 0; echo chr1", "sleep 0; echo chr2"]],
    ['read x <<< "$TASK_ARG"; true', ['read x <<< "$TASK_ARG"; true', 'read x <<< "$TASK_ARG"; true']],
    ["seq 5 | head -n", ["seq 5 | head -n chr1", "seq 5 | head -n chr2"]],
    ["cat f | grep -v", ["cat f | grep -v chr1", "cat f | grep -v chr2"]],
    ["call | cut -d, -f", ["call | cut -d, -f chr1", "call | cut -d, -f chr2"]],
    ["call | tee -a", ["call | tee -a chr1", "call | tee -a chr2"]],
    ["ls | xargs call", ["ls | xargs call chr1", "ls | xargs call chr2"]],
    ["a | b; tee", ["a | b; tee chr1", "a | b; tee chr2"]],
    ["bash -c 'call \"$@\"' _", ["bash -c 'call \"$@\"' _ chr1", "bash -c 'call \"$@\"' _ chr2"]],
    ["bash -c 'call $0'", ["bash -c 'call $0' chr1", "bash -c 'call $0' chr2"]],
    ['f() { call "$1"; }; f', ['f() { call "$1"; }; f chr1', 'f() { call "$1"; }; f chr2']],
    ["a; b | c && d", ["a; b | c && d chr1", "a; b | c && d chr2"]],
    ["call | grep -m 1", ["call | grep -m 1 chr1", "call | grep -m 1 chr2"]],
    ["call | awk -F ,", ["call | awk -F , chr1", "call | awk -F , chr2"]],
    ["call | jq -e", ["call | jq -e chr1", "call | jq -e chr2"]],
    ["call | head --lines", ["call | head --lines chr1", "call | head --lines chr2"]],
    ["call | paste -", ["call | paste - chr1", "call | paste - chr2"]],
    ["call | cat /dev/stdin", ["call | cat /dev/stdin chr1", "call | cat /dev/stdin chr2"]],
    ["bash call.sh -c conf", ["bash call.sh -c conf chr1", "bash call.sh -c conf chr2"]],
    ["bash -o pipefail call.sh", ["bash -o pipefail call.sh chr1", "bash -o pipefail call.sh chr2"]],
    [
      "f() { for x; do call $x; done; }; f",
      ["chr1", "chr2"].map((arg) => `f() { for x; do call $x; done; }; f ${arg}`),
    ],
    [
      "samtools view x | samtools sort -o y -",
      ["chr1", "chr2"].map((arg) => `samtools view x | samtools sort -o y - ${arg}`),
    ],
  ])("of %j", async (script, scripts) => {
    expect(await scriptsOf(script)).toEqual(scripts);
  });

  test.each([
    ["echo call  # region caller", "a comment (#)"],
    ["echo call # x\n", "a comment (#)"],
    ["sleep 0 &", '"&"'],
    ["echo call;", '";"'],
    ["echo call |", '"|"'],
    ["echo call &&", '"&&"'],
    ["echo call || ", '"||"'],
    ["cat <<EOF\nx\nEOF\n", "a here-document (<<)"],
    ["cat <<EOF\nx\nEOF", "a here-document (<<)"],
    ["cat <<EOF\nx", "a here-document (<<)"],
    ["cat <<EOF", "a here-document (<<)"],
    ["(cd x; call)", '")"'],
    ["{ call; }", '"}"'],
    ["if a; then call; fi", '"fi"'],
    ["for i in 1 2; do call; done", '"done"'],
    ["while read x; do call; done < f", '"done"'],
    ["case x in a) call;; esac", '"esac"'],
    ["f() { call; }", '"}"'],
    ["[[ -f x ]]", '"]]"'],
    ["[ -f x ]", "a test ([ … ])"],
    ["((x++))", '"))"'],
    ["call \\", "a backslash"],
    ["call 'x", "a quote (') that is not closed"],
    ['call "x', 'a quote (") that is not closed'],
    ["call $(x", "a parenthesis that is not closed"],
    ["call >", '">" without a file'],
    ["call 2>&", '"2>&" without a file'],
    ["A=1", "an assignment without a command"],
    ["if a; then call", '"if" that is not closed'],
    ["if", '"if" that is not closed'],
    ["time", '"time"'],
    ["echo # {}", "a comment (#)"],
    ["call || true", '"true", which takes no argument'],
    ["call & wait", '"wait", which takes no argument'],
    ["call\nexit 0", '"exit", which takes no argument'],
    ["call; export X=1", '"export", which takes no argument'],
    ["call && echo done", '"echo" behind another command, which would print the argument'],
    ["call || printf '%s' failed", '"printf" behind another command, which would print the argument'],
    ["call; printf 'done\\n'", '"printf" behind another command, which would print the argument'],
    ["call && rm -f tmp.bam", '"rm" behind another command, which would take the argument for a file'],
    ["call && touch ok", '"touch" behind another command, which would take the argument for a file'],
    ["call; pwd", '"pwd", which takes no argument'],
    ["call 2>&1 | tee log", '"tee" behind a pipe, which would take the argument for a file'],
    ["call |& tee -a log", '"tee" behind a pipe, which would take the argument for a file'],
    ["call | gzip > x.gz", '"gzip" behind a pipe, which would take the argument for a file'],
    ["call | sort -u", '"sort" behind a pipe, which would take the argument for a file'],
    ["call | wc -c", '"wc" behind a pipe, which would take the argument for a file'],
    ["call | awk '{print $1}' > x\n", '"awk" behind a pipe, which would take the argument for a file'],
    ["sort f | uniq -c", '"uniq" behind a pipe, which would take the argument for a file'],
    ["call | sort -n", '"sort" behind a pipe, which would take the argument for a file'],
    ["call | gzip -c", '"gzip" behind a pipe, which would take the argument for a file'],
    ["call | column -t", '"column" behind a pipe, which would take the argument for a file'],
    ["call | grep -v x", '"grep" behind a pipe, which would take the argument for a file'],
    ["call | grep -vf ids", '"grep" behind a pipe, which would take the argument for a file'],
    ["call | sed -e s/a/b/", '"sed" behind a pipe, which would take the argument for a file'],
    ["call | cut -f 1", '"cut" behind a pipe, which would take the argument for a file'],
    ["bash -euo pipefail -c 'call'", "the code of bash, which does not use the argument"],
    ["bash -c 'call'", "the code of bash, which does not use the argument"],
    ["sh -ec 'call' _", "the code of sh, which does not use the argument"],
    ["f() { call; }; f", 'the function "f", which uses no arguments'],
    ["function f { call; }\nf -x", 'the function "f", which uses no arguments'],
    ["unset TASK_ARG; true", '"true", which takes no argument'],
    ["for TASK_ARG in a; do call $TASK_ARG; done", '"done"'],
    ["read -r TASK_ARG < x; call $TASK_ARG;", '";"'],
  ])("the row is rejected if the script is %j", async (script, found) => {
    expect(await scriptsOf(script)).toEqual([`line 1: TaskScript: ${END}${found}${HOW}`]);
  });

  test.each([
    ["call | gzip", ["-1", "-9"]],
    ["call | sort -u", ["-k2"]],
    ["call | awk '$1 == c'", ["c=chr1"]],
  ])("the filter in %j takes options and assignments: %j", async (script, args) => {
    expect(await scriptsOf(script, args)).toEqual(args.map((arg) => `${script} ${arg}`));
  });

  test.each([
    ["a b", "call a b"],
    ["'it is' -x", "call 'it is' -x"],
    ["a > out 2>&1", "call a > out 2>&1"],
    ["\"a; b\" 'c | d\n# e'", "call \"a; b\" 'c | d\n# e'"],
    ["$(f; g # x\n) <(h & i)", "call $(f; g # x\n) <(h & i)"],
    ["a#b \\; c\\>d", "call a#b \\; c\\>d"],
  ])("bash parses the argument %j", async (arg, script) => {
    expect(await scriptsOf("call", [arg])).toEqual([script]);
  });

  test.each([
    ["# chr1", "a comment (#)"],
    ["\necho", "a line end"],
    ["; echo", '";"'],
    ["| wc", '"|"'],
    ["it's", "a quote (') that is not closed"],
    ["a\\", "a backslash"],
    ["$(x", "a parenthesis that is not closed"],
    ["f(x)", "a parenthesis behind a word"],
    ["a > out; echo done", '";"'],
    ["a # note", "a comment (#)"],
    ["a #note", "a comment (#)"],
    ["a\nb", "a line end"],
    ["http://x/?a=1&b=2", '"&"'],
    ["a|b", '"|"'],
    ["a && b", '"&&"'],
    ["c.76A>T", '">" inside a word'],
    ["x<5", '"<" inside a word'],
    ["> out", "only a redirection"],
    ["<5", "only a redirection"],
  ])("the row is rejected if an argument is %j", async (arg, found) => {
    expect(await scriptsOf("call", ["x", arg])).toEqual([
      `line 1: TaskArgs: expected an argument that bash reads as one, as it is added to the script without quotes, found ${found} in argument 2, ${JSON.stringify(arg).replaceAll("\\\\", "\\")}${HOW}`,
    ]);
  });
});

test("an argument may be as long as the variable TASK_ARG can be", async () => {
  const args = (length: number) => ["x", "é".repeat(length / 2)];
  expect(await scriptsOf("call {}", args(100_000))).toHaveLength(2);
  for (const script of ["call", "call {}", "cat <<< $TASK_ARG"]) {
    expect(await scriptsOf(script, args(100_002))).toEqual([
      "line 1: TaskArgs: expected arguments of at most 100,000 bytes, as a script sees its own in TASK_ARG, found 100,002 bytes in argument 2; put it into a file, and give the name of that file",
    ]);
  }
});

describe("{} is where the argument goes, in quotes if it needs them", () => {
  test.each([
    ["call {} > {}.vcf # {}", "chr1", "call chr1 > chr1.vcf # {}"],
    ["call {} > {}.vcf", "a b", "call 'a b' > 'a b'.vcf"],
    ["sleep 0; call {} &", "it's", "sleep 0; call 'it'\\''s' &"],
    ['call "{}.bam"', 'a"$b', 'call "a\\"\\$b.bam"'],
    ["sh -c 'call {}'", "it's", "sh -c 'call it'\\''s'"],
    ["x=$(basename {})", "a b", "x=$(basename 'a b')"],
    ["x=`basename {}`", "a b", "x=`basename 'a b'`"],
    ["call $(({} + 1))", "5", "call $((5 + 1))"],
    ["cat <<E\n{}\nE\n", "a$b", "cat <<E\na\\$b\nE\n"],
    ["cat <<'E'\n{}\nE\n", "a$b", "cat <<'E'\na$b\nE\n"],
    ["find {} -exec cat \\{} \\;", "dir", "find dir -exec cat {} \\;"],
    ["awk 'BEGIN \\{}' {}", "f", "awk 'BEGIN {}' f"],
    ["call \\{}", "chr1", "call {} chr1"],
  ])("in %j", async (script, arg, filled) => {
    expect(await scriptsOf(script, [arg])).toEqual([filled]);
  });

  test("an argument that would end its here-document, or stand in quotes in backticks, is rejected", async () => {
    expect(await scriptsOf("cat <<E\n{}\nE\n", ["E"])).toEqual([
      'line 1: TaskArgs: expected an argument that does not end the here-document that it is in, found "E" in argument 1',
    ]);
    expect(await scriptsOf("x=`basename '{}'`", ["a;b"])).toEqual([
      'line 1: TaskArgs: expected an argument that can stand in backticks with quotes, found "a;b" in argument 1; use "$TASK_ARG" instead of {} there',
    ]);
  });

  const LITERAL = '; write \\{} for a literal {}, or use "$TASK_ARG" for the argument';
  test.each([
    ["find . -exec rm {} \\;", "{} behind -exec, which replaces it, too"],
    ["ls | xargs -I{} cp {} x", "{} behind xargs, which replaces it, too"],
    ["awk '{}' f", "{} in the program of awk"],
    ["jq -n '{}'", "{} in the program of jq"],
    ['python3 -c "d = {}"', "{} in the program of python3"],
    ["python <<E\nd = {}\nE\n", "{} in the program of python"],
    ["echo ${x:-{}}", "{} inside ${…}"],
  ])("the row is rejected where {} may mean something else, as in %j", async (script, found) => {
    expect(await scriptsOf(script)).toEqual([
      `line 1: TaskScript: expected {} only where the argument goes, found ${found}${LITERAL}`,
    ]);
  });

  test.each([
    ["declare -a a=(1 'x y' # it's\n 3); call {}", "declare -a a=(1 'x y' # it's\n 3); call chr1"],
    ["x={}; export a=(1) b=2; call {}", "x=chr1; export a=(1) b=2; call chr1"],
    ["typeset -A m=([{}]=1); call", "typeset -A m=([chr1]=1); call"],
  ])("behind the array in %j", async (script, filled) => {
    expect(await scriptsOf(script, ["chr1"])).toEqual([filled]);
  });

  test.each([
    ["x={}\nshopt -s extglob\nls !(x)\ncall {}", "a parenthesis behind a word"],
    ["call {}; echo $${}; call {}", "a ${ that bash rejects"],
    ['call "$TASK_ARG"; shopt -s extglob\nls !(x) {}', "a parenthesis behind a word"],
  ])("the row is rejected if not every {} can be found, as in %j", async (script, found) => {
    expect(await scriptsOf(script)).toEqual([
      `line 1: TaskScript: expected a script in which the place of each {} is clear, found ${found} before the last {}; use "$TASK_ARG" there, and \\{} for a literal {}`,
    ]);
  });

  test("the row is rejected if the argument cannot stand there", async () => {
    expect(await scriptsOf("echo $(({} + 1))", ["a b"])).toEqual([
      'line 1: TaskArgs: expected an argument that can stand in an arithmetic expression, found "a b" in argument 1; use "$TASK_ARG" instead of {} there',
    ]);
  });

  test("${} is not a mark", async () => {
    expect(await scriptsOf("echo ${}")).toEqual([`line 1: TaskScript: ${END}a \${ that bash rejects${HOW}`]);
  });
});

test("a script that uses $TASK_ARG gets its argument there", async () => {
  expect(await scriptsOf('echo "$TASK_ARG" # call')).toEqual(['echo "$TASK_ARG" # call', 'echo "$TASK_ARG" # call']);
});

test.each(["call '$TASK_ARG'", "call '${TASK_ARG}.bam' > x", "call \\$TASK_ARG"])(
  "the row is rejected if bash does not replace the variable, as in %j",
  async (script) => {
    expect(await scriptsOf(script)).toEqual([
      'line 1: TaskScript: expected the variable where bash replaces it, as in "$TASK_ARG", found it in single quotes, or behind a backslash',
    ]);
  },
);

test.each([
  "bash -c 'call $TASK_ARG'",
  "eval '$TASK_ARG'",
  "echo \"x='$TASK_ARG'\"",
  "awk 'BEGIN { print ENVIRON[\"TASK_ARG\"] }'",
  "call '$TASK_ARG' $TASK_ARG",
  "cat <<E\n'$TASK_ARG'\nE",
])("something replaces the variable in %j", async (script) => {
  expect(await scriptsOf(script)).toEqual([script, script]);
});

test("blanks around the arguments of a text list are not part of them", async () => {
  const { items } = await readAll(
    "itemID|TaskID|TaskScript|TaskArgs\na|s|call {}|chr1, chr 2 ,chr3\nb|s|call|chr1, chr2\n",
  );
  expect(items.map(({ scripts, args }) => ({ scripts, args }))).toEqual([
    { scripts: ["call chr1", "call 'chr 2'", "call chr3"], args: ["chr1", "chr 2", "chr3"] },
    { scripts: ["call chr1", "call  chr2"], args: ["chr1", "chr2"] },
  ]);
});

test("a plain item and a list of whole scripts keep {} as it is", async () => {
  const rows = [
    '{"itemID":"a","TaskID":"s","TaskScript":"find . -exec ls {} + # \\\\{}"}',
    '{"itemID":"b","TaskID":"s","TaskScripts":["echo {}"]}',
  ];
  const { items } = await readAll(rows.join("\n"), { name: "x.jsonl" });
  expect(items.map(({ script, scripts }) => script ?? scripts)).toEqual(["find . -exec ls {} + # \\{}", ["echo {}"]]);
});
