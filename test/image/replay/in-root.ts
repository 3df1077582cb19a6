import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Whose process it is, in the words of a root folder's /etc/passwd. */
export interface User {
  uid: number;
  gid: number;
  home: string;
}

/** What a process in a root folder is given. */
export interface Inside {
  env: ReadonlyMap<string, string>;
  workdir: string;
  user: User;
}

/** What PATH is where an image says nothing. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * A command line that runs a command in a root folder as a container runs it: as the first process of a process
 * namespace of its own, with a /proc of its own that goes with it, on the network of the machine.
 */
export function inRoot(root: string, command: readonly string[], { workdir, user }: Inside): string[] {
  return [
    ...["unshare", "--mount", "--pid", "--fork", `--root=${root}`, `--wd=${workdir}`, "--mount-proc"],
    ...[`--setgid=${user.gid}`, `--setuid=${user.uid}`, "--", ...command],
  ];
}

/** The environment of that process: as the image says, and what a container's runtime adds. */
export function envInside({ env, user }: Inside): Record<string, string> {
  return { PATH: DEFAULT_PATH, HOME: user.home, ...Object.fromEntries(env) };
}

/** Looks up a user of a root folder, by name or number, as `USER` gives it. */
export async function userOf(root: string, who: string): Promise<User> {
  const passwd = await readFile(join(root, "etc/passwd"), "utf8");
  for (const line of passwd.split("\n")) {
    const [name, , uid, gid, , home] = line.split(":");
    if (home !== undefined && (name === who || uid === who)) return { uid: Number(uid), gid: Number(gid), home };
  }
  throw new Error(`there is no user ${who} in /etc/passwd`);
}

/** On the machine, the number of the first process that a running `unshare --fork` has started; undefined before that. */
export function firstProcessOf(unsharePid: number): number | undefined {
  const children = readFileSync(`/proc/${unsharePid}/task/${unsharePid}/children`, "utf8").trim();
  return children === "" ? undefined : Number(children.split(" ")[0]);
}
