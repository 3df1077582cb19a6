import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { makeProgram } from "../../cli/program.ts";
import { RULES } from "../../infra/parameters.ts";
import { anamo } from "../support/anamo.ts";
import { batchServer } from "../support/batch-server.ts";
import { dynamoLine } from "../support/dynamo-line.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, claimAs, newItem } from "../support/items.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGES = ["aws", "costs", "security", "operating", "notifications"].map((name) => `docs/${name}.md`);

let pages: Map<string, string>;

beforeAll(async () => {
  const names = (await readdir(join(ROOT, "docs"))).filter((name) => name.endsWith(".md"));
  const paths = ["README.md", ...names.map((name) => `docs/${name}`)];
  const read = async (path: string) => [path, await readFile(join(ROOT, path), "utf8")] as const;
  pages = new Map(await Promise.all(paths.map(read)));
});

const page = (path: string) => pages.get(path) ?? expect.unreachable(`no ${path}`);

test("docs/aws.md names every parameter and no others", () => {
  const [, chapter = ""] = page("docs/aws.md").split("\n## Parameters\n");
  const [table = ""] = chapter.split("\n```");
  const cells = [...table.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = ""]) => cell);
  const named = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(named.toSorted()).toEqual(Object.keys(RULES).toSorted());
});

describe.each(PAGES)("%s", (path) => {
  test("has no dead links", () => {
    const links = [...page(path).matchAll(/\]\((?!https:)([^)]+)\)/g)].map(([, link = ""]) => link);
    const dead = links.filter((link) => {
      const [file = "", anchor] = link.split("#");
      const target = file ? join(dirname(path), file) : path;
      const text = pages.get(target);
      return text === undefined || (anchor !== undefined && !anchorsOf(text).includes(anchor));
    });
    expect(dead).toEqual([]);
  });

  test("shows only existing commands and options", async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { scripts: object };
    const commands = blocksOf(page(path), "bash").join("\n");
    for (const [, script = ""] of commands.matchAll(/npm run ([\w:-]+)/g)) expect(scripts).toHaveProperty([script]);
    for (const [line = "", words = ""] of commands.matchAll(/\.\/anamo ([^#|"'\n&)]*)/g)) {
      let command = await makeProgram();
      for (const word of words.split(" ")) {
        const next = command.commands.find((one) => one.name() === word);
        if (!next) break;
        command = next;
      }
      expect(command.parent, line).not.toBeNull();
      expect(command.commands, line).toEqual([]);
      const options = command.options.flatMap(({ long, short }) => [long, short]);
      for (const [option] of words.matchAll(/(?<= )--?[a-z][\w-]*/g))
        expect([...options, "--help"], line).toContain(option);
    }
  });
});

test("the policy for people who only look allows what the commands need and nothing more", async () => {
  const allowed = policy("anamo-look.json").flatMap(({ Action }) => Action);
  const used = new Set<string>();
  const table = await testTable();
  await addItems(table, [newItem("A"), newItem("B", { scripts: ["true", "true"] })]);
  await claimAs(table, "A", "lock", { instance: "4c7599ae-0a82-49aa-ba5a-4727fcce14a8", jobAttempt: 1 });
  const dynamo = await dynamoLine((operation) => {
    used.add(`dynamodb:${operation}`);
    return "carry";
  });
  const batch = await batchServer((_body, path) => {
    used.add(path === "/v1/describejobs" ? "batch:DescribeJobs" : path);
    return { status: 200, json: { jobs: [] } };
  });
  const env = {
    ...testEnv(),
    AWS_ENDPOINT_URL_DYNAMODB: dynamo,
    AWS_ENDPOINT_URL_BATCH: batch,
    ANAMO_TABLE: table.name,
  };
  const commands = [
    "summary",
    "summary --by-sample",
    "items",
    "items --fields itemID,message",
    "show B",
    "logs B",
    "jobs",
    "step list",
    "table check",
  ];
  for (const command of commands) {
    const { exitCode, stderr } = await anamo(command.split(" "), { env: env as Record<string, string> });
    expect([command, exitCode, stderr.includes("AccessDenied")]).toEqual([command, expect.toBeOneOf([0, 1]), false]);
  }
  expect([...used].filter((action) => !allowed.includes(action))).toEqual([]);
  const unused = allowed.filter((action) => /^dynamodb|^batch/.test(action) && !used.has(action));
  // `anamo launch --dry-run` lists jobs
  expect(unused).toEqual(["batch:ListJobs"]);
});

test("the policy for people who only drop files allows writing under imports/ only", () => {
  const writes = policy("anamo-drop.json").filter(({ Action }) =>
    [Action].flat().some((one) => /Put|Delete|\*/.test(one)),
  );
  expect(writes.map(({ Resource }) => Resource)).toEqual([expect.stringMatching(/^arn:aws:s3:::[^/*]+\/imports\/\*$/)]);
});

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
}

function policy(file: string): Statement[] {
  const text = page("docs/security.md");
  const [, json = ""] = new RegExp(`^cat > ${file} <<'END'\n([^]*?)^END$`, "m").exec(text) ?? [];
  return (JSON.parse(json) as { Statement: Statement[] }).Statement;
}

function blocksOf(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^ *\`\`\`${language}\n([^]*?)^ *\`\`\`$`, "gm"))].map(([, block = ""]) => block);
}

/** The anchors that GitHub gives headings. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}
