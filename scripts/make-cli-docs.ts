import { writeFile } from "node:fs/promises";
import { describeCommand } from "../cli/describe-command.ts";
import { makeProgram } from "../cli/program.ts";
import { cliDocs } from "./cli-docs.ts";

/* `npm run docs`: writes docs/cli.md. A test says when that has to be done again. */

await writeFile(new URL("../docs/cli.md", import.meta.url), cliDocs(describeCommand(makeProgram())));
