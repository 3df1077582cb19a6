import { expect, test } from "vitest";
import { expand, studyOf } from "../../support/study.ts";

test("values are quoted for their places; braces of the shell and of awk stay", async () => {
  const study = await studyOf(
    String.raw`a:
  script: |
    x={v}; f="{v}.bam"; g='{v}'; echo \${x} {1..3} {a,b} { y; } \{v} # {v}
    awk -v s={v} '{print $1, s}' <(cat {v}) | awk '{{print}}'
    cat <<EOT
    {v}
    EOT
  once: false`.replaceAll("\\$", "$"),
  );
  const { items, messages } = await expand(study, 'sample,v\nS1,"a $b\'c"\n');
  expect(messages).toEqual([]);
  expect(items["a-S1"]?.script).toBe(
    `x='a $b'\\''c'; f="a \\$b'c.bam"; g='a $b'\\''c'; echo \${x} {1..3} {a,b} { y; } \\{v} # {v}
awk -v s='a $b'\\''c' '{print $1, s}' <(cat 'a $b'\\''c') | awk '{print}'
cat <<EOT
a \\$b'c
EOT
`,
  );
});

test.each([
  [
    "x {sampel}",
    /unknown column "sampel"; did you mean \{sample\}\? \(for a literal \{sampel\} write \{\{sampel\}\}\)/,
  ],
  ["awk '{print}' {sample}", /unknown column "print".*write \{\{print\}\}/],
  ["x ${sample}", /\$\{sample\} is a variable that the script does not set; write \{sample\}/],
  ["x {{sample}}", /\{\{sample\}\} stands for a literal \{sample\}/],
  ["x { sample }", /\{ sample \} has blanks/],
  ['x "{sample*}"', /\{sample\*\} stands for several words: expected it outside quotes, found it in double quotes/],
  ["echo !(y) {sample}", /behind what cannot be read as bash/],
  ["x {sample} {fq2} {fq_1}", /unknown column "fq2"; the columns are sample, fq_1 \(for/],
  ["x", /it names no column: add {2}once: true {2}for one item in all/],
])("a script %s is a mistake with the line of the workflow file", async (script, message) => {
  const study = await studyOf(`a:\n  script: >-\n    ${script}`);
  await expect(expand(study, "sample,fq_1\nS1,a\n")).rejects.toThrow(message);
  await expect(expand(study, "sample,fq_1\nS1,a\n")).rejects.toThrow(/^workflow.yml:[23]: step a: /);
});

test("a value that would be read as code is rejected with its row; others of the same script are not", async () => {
  const study = await studyOf(`a: { script: 'python3 -c "print(''{v}'')"', once: false }`);
  const { ids, messages } = await expand(study, "sample,v\nS1,a'b\nS2,ab\n");
  expect(ids).toEqual(["a-S2"]);
  expect(messages).toEqual([
    `line 2: v: expected a value that can stand in the program of python3, found "a'b"; write  x={v}  on the first line of the script, and "$x" there`,
  ]);
});

test.each([
  ["{print $1, {v}}", ["a-S1"]],
  ['{print $1, "{v}"}', ["a-S1", "a-S2"]],
  ["$1 ~ /^{v}$/ && $2 > 3 / 4", ["a-S1", "a-S2"]],
  ["{x = 6 / {v}}", ["a-S1"]],
])("awk takes a word in its code for a variable, so only a number may stand there: %s", async (program, expected) => {
  const script = `awk -F, -v n='{v}' '${program}' '{v}'`;
  const study = await studyOf(`a: { once: false, script: ${JSON.stringify(script)} }`);
  const { ids, messages } = await expand(study, "sample,v\nS1,1.5\nS2,chr2\n");
  expect(ids).toEqual(expected);
  expect(messages).toEqual(
    expected.length === 2 ? [] : [expect.stringMatching(/line 3: v: expected a number.*"chr2"; awk/)],
  );
});

test.each([
  ["another shell", `bash -c "cat {v}"`, "the program of bash"],
  ["another shell behind options", `singularity exec x.sif sh -euc 'cat "{v}"'`, "the program of sh"],
  ["a shell's here-document", `bash <<'E'\ncat {v}\nE`, "the program of bash"],
  ["eval", `eval cat {v}`, "the program of eval"],
  ["a trap", `trap 'rm "{v}"' EXIT`, "the program of trap"],
  ["another machine's shell", `ssh host "cat '{v}'"`, "the program of ssh"],
  ["backticks with quotes", "x=`cat '{v}'`", "backticks with quotes"],
  ["the left side of a comparison", `[[ "{v}" -gt 3 ]]`, "an arithmetic expression"],
  ["the right side of a comparison", "if [[ 3 -le {v} ]]; then x; fi", "an arithmetic expression"],
  ["a subscript", "a[{v}]=1", "a subscript"],
  ["a subscript to declare", "declare a[{v}]=1", "a subscript"],
  ["a subscript in a list", "a=(x\n  [{v}]=1)", "a subscript"],
  ["old arithmetic", "n=$[1 + {v}]", "an arithmetic expression"],
  ["a name for test", "[[ -n x && -v {v} ]]", "the name of a variable"],
  ["a name for printf", "printf -v {v} x", "the name of a variable"],
  ["a name to declare", "export {v}=3", "the name of a variable"],
  ["a number to declare", "local -i n={v}", "an arithmetic expression"],
  ["a name for test -v", "test -v {v} || x", "the name of a variable"],
  ["a file of commands", "source <(echo call {v})", "the program of source"],
  ["the input of a shell", "echo call {v} | bash -s", "the program of bash"],
  ["a program of awk", 'awk "BEGIN { print \\"{v}\\" }"', "the program of awk"],
  ["arithmetic", "n={v}; echo $((n + 1))", "$n, which is used in an arithmetic expression"],
  ["a condition", 'n="{v}"\nif ((n > 3)); then x; fi', "$n, which is used in an arithmetic expression"],
  [
    "the step of a loop",
    "n={v}\nfor ((i = 0; i < n; i++)); do x; done",
    "$n, which is used in an arithmetic expression",
  ],
  ["let", "n={v}; let m=n+1", "$n, which is used in an arithmetic expression"],
  ["a comparison", 'n={v}; [[ "$n" -gt 3 ]] && x', "$n, which is used in a comparison in [[ … ]], which evaluates it"],
  [
    "a comparison with it",
    "n=x{v}; [[ 3 -lt ${n} ]]",
    "$n, which is used in a comparison in [[ … ]], which evaluates it",
  ],
  ["an offset", "n={v}; echo ${PWD:0:n}", "$n, which is used in a length or offset"],
  ["an index", "n={v}; echo ${a[$n]}", "$n, which is used in a subscript"],
  ["a number later", "n={v}; declare -i m=$n", "$n, which is used in a declaration of numbers"],
  ["an indirect name", "n={v}; echo ${!n}", "$n, which is used in the name of a variable"],
  ["a name to test", "n={v}; [[ -v $n ]]", "$n, which is used in the name of a variable"],
  ["a name to read", "n={v}; read -r $n < f", "$n, which is used in the name of a variable"],
  ["a loop's end", "n={v}; while((n > 3)); do x; done", "$n, which is used in an arithmetic expression"],
  ["an element", "n={v}; a[$n]=1", "$n, which is used in a subscript"],
  ["an element to read", "n={v}; read -r a[$n] < f", "$n, which is used in a subscript"],
  ["a name for printf later", "n={v}; printf -v $n x", "$n, which is used in the name of a variable"],
  [
    "a name to read in a loop",
    "n={v}; while IFS= read -r $n; do x; done < f",
    "$n, which is used in the name of a variable",
  ],
  ["code", 'n={v}; eval "call $n"', "$n, which is used in code of eval"],
  ["code of another shell", 'n={v}; bash -c "call $n"', "$n, which is used in code of a shell"],
])(
  "a value is not put into what bash reads a second time, as %s, if it has special characters",
  async (_, script, place) => {
    const study = await studyOf(`a:\n  script: |\n    ${script.replaceAll("\n", "\n    ")}`);
    const { ids, items, messages } = await expand(study, "sample,v\nS1,a;b\nS2,a.fq\n");
    expect(ids).toEqual(["a-S2"]);
    expect(items["a-S2"]?.script).toBe(`${script.replace("{v}", "a.fq")}\n`);
    expect(messages).toEqual([expect.stringContaining(`v: expected a value that can stand in ${place}, found "a;b"`)]);
  },
);

test.each(["cat <<END\n{v}\nEND", "cat <<'END'\nE{v}\n{sample}\nEND", "cat <<-END\n\t{v}\n\tEND"])(
  "a value does not end its here-document: %j",
  async (script) => {
    const study = await studyOf(`a:\n  script: ${JSON.stringify(script)}`);
    const { ids, messages } = await expand(study, "sample,v\nS1,END\nS2,ND\nS3,N\n");
    expect(ids).toEqual(script.includes("E{v}") ? ["a-S1", "a-S3"] : ["a-S2", "a-S3"]);
    expect(messages).toEqual([
      expect.stringContaining("v: expected a value that does not end the here-document that it is in"),
    ]);
  },
);

test("commands whose words are not code take any value: bash with a file, gzip -c, parallel behind :::", async () => {
  const script =
    'bash run.sh "{v}"; gzip -c "{v}"; parallel gzip ::: {v}; [ {v} -gt 3 ]; [[ {v} == x ]]; export x={v}; n={v}; [ "$n" -gt 3 ]; [[ $n == x ]]; echo "${y:-$n}" $((m + 1)) > "$n"; read -r l < "$n"; . <(cat f) {v}; echo {v} | bash run.sh; ls a[{v}]; bash -c \'cat "$1"\' _ "{v}"';
  const study = await studyOf(`a: { script: ${JSON.stringify(script)}, once: false }`);
  const { messages } = await expand(study, "sample,v\nS1,a;b\n");
  expect(messages).toEqual([]);
});

test.each([
  'n={v}; grep -v "$n" f',
  'n="@RG\\tSM:{v}"; bwa mem -R "$n" ref.fa r.fq',
  "n={v}; bcftools view -R $n x.vcf",
  'n={v}; [ -f x ] && grep -v "$n" f',
  'n={v}; test -f x && grep -v "$n" f',
  'n={v}; call --read "$n"',
  'n={v}; echo "read $n"',
  "n={v}; julia --eval $n",
  "n={v}; grep -E '^((a|b)c)' f > \"$n\"",
  "n={v}; awk '{ if (($1 > 3) || $2) print }' f > \"$n\"",
  "n={v}; ls a[$n]*",
  'awk -f call.awk "{v}"',
  'awk --file=call.awk -v x=1 "{v}"',
  'awk -F, "{ print \\$1 }" "{v}"',
  'make-commands "{v}" | bash',
  "n=$(wc -l < {v}); echo $n",
  "if [[ {v} == y ]]; then for i in {1..3}; do call $i; done; fi",
  "samtools view {v} | awk '{ print $1 }' | sort -k1,1 > x",
  "bwa mem ref.fa {v} | samtools view -b -",
])("any value is a word in %j", async (script) => {
  const study = await studyOf(`a: { once: false, script: ${JSON.stringify(script)} }`);
  const { ids, messages } = await expand(study, "sample,v\nS1,a; b\nS2,a.fq\n");
  expect([ids, messages]).toEqual([["a-S1", "a-S2"], []]);
});
