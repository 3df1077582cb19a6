import { mkdir, rm, writeFile } from "node:fs/promises";
import { describeCommand } from "../cli/describe-command.ts";
import { makeProgram } from "../cli/program.ts";
import { cliDocs } from "./cli-docs.ts";
import { jsonIndex, jsonSchemas } from "./json-docs.ts";
import { workflowSchema } from "./workflow-schema.ts";

/* `npm run docs`: writes docs/cli.md, docs/workflow.schema.json and docs/json/. A test fails if they are outdated. */

const DOCS = new URL("../docs/", import.meta.url);
const JSON_DOCS = new URL("json/", DOCS);

await writeFile(new URL("cli.md", DOCS), cliDocs(describeCommand(await makeProgram())));
await writeFile(new URL("workflow.schema.json", DOCS), `${JSON.stringify(workflowSchema(), undefined, 2)}\n`);
await rm(JSON_DOCS, { recursive: true, force: true });
await mkdir(JSON_DOCS);
await writeFile(new URL("README.md", JSON_DOCS), jsonIndex());
for (const [name, schema] of Object.entries(jsonSchemas())) {
  await writeFile(new URL(name, JSON_DOCS), `${JSON.stringify(schema, undefined, 2)}\n`);
}
