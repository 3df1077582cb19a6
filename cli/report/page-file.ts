import { lstat, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { UsageError } from "../../lib/errors.ts";
import { fileProblem } from "../../lib/file-problem.ts";
import { makeFolder } from "../../lib/make-folder.ts";
import type { Place } from "../../lib/report/commands.ts";
import { LOCAL_STACK } from "../../local/stack-env.ts";
import type { ReportOptions } from "../../workflow/report.ts";
import { shellWords } from "../output/shell-words.ts";
import { ownCommand } from "../own-command.ts";
import { isUsualFolder, USUAL_FOLDER } from "../stack-folder.ts";
import { packageVersion } from "../version.ts";
import { lastRun, lastRunPath } from "./last-run.ts";

/** The page in a stack's folder. */
export function pagePath(dir: string): string {
  return join(dir, "progress", "index.html");
}

/**
 * Records the words of a run, so that later commands can say how to continue; leaves out those that only say how it
 * prints. Also leaves out the command that is told about events: it may contain a secret, such as the address of a
 * chat's webhook, and the page, which shows these words, is meant to be shown to others.
 */
export async function noteRun(dir: string, words: readonly string[]): Promise<void> {
  const kept = words.filter(
    (word, at) =>
      !/^(--json|--quiet|-q|--retry-failed|--on-event|--on-event=.*)$/s.test(word) && words[at - 1] !== "--on-event",
  );
  // a list from a pipe cannot be read again
  const isAgain = !kept.some((word) => word === "-" || word.startsWith("/dev/"));
  await makeFolder(join(dir, "progress"));
  await writeFile(lastRunPath(dir), JSON.stringify(isAgain ? kept : []));
}

/** How the page of a stack's folder names things. */
export async function reportOptions(dir: string): Promise<ReportOptions> {
  const run = lastRun(dir);
  const path = resolve(dir);
  const fromHere = relative(process.cwd(), path);
  const folder = fromHere.startsWith("..") ? path : fromHere;
  const study = basename(basename(path) === USUAL_FOLDER ? dirname(path) : path);
  return {
    study,
    version: packageVersion(),
    place: {
      program: ownCommand(),
      ...(!isUsualFolder(dir) && { variables: `${LOCAL_STACK}=${shellWords([folder])}` }),
      ...(run.length > 0 && { run }),
    },
  };
}

/** How commands are typed for the table in a stack's folder. */
export async function localPlace(dir: string): Promise<Place> {
  const { place } = await reportOptions(dir);
  return { isLocal: true, name: "this machine", program: ownCommand(), target: [], bucket: [], ...place };
}

/**
 * Writes a page in one step, so that a browser never reads half a page. Writes to a link, a pipe or a device such as
 * /dev/stdout without replacing it.
 */
export async function writePage(file: string, page: string): Promise<void> {
  const draft = `${file}.new`;
  try {
    const found = await lstat(file).catch(() => undefined);
    if (found?.isDirectory()) throw new Error("it is a folder");
    if (found && !found.isFile()) return await writeFile(file, page);
    await makeFolder(dirname(resolve(file)));
    await replaceBy(draft, { file, page });
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${fileProblem(error)}`, { cause: error });
  }
}

async function replaceBy(draft: string, { file, page }: { file: string; page: string }): Promise<void> {
  try {
    await writeFile(draft, page);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}
