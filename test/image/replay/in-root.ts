import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** A user from the /etc/passwd of a root folder. */
export interface User {
  uid: number;
  gid: number;
  home: string;
}

/** The surroundings of a process in a root folder. */
export interface Inside {
  env: ReadonlyMap<string, string>;
  workdir: string;
  user: User;
}

/** PATH if an image does not set it. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * A command line that runs a command in a root folder as a container would: as the first process in its own process
 * namespace, with its own /proc, which ends with it. It shares the machine's network.
 */
export function inRoot(root: string, command: readonly string[], { workdir, user }: Inside): string[] {
  return [
    ...["unshare", "--mount", "--pid", "--fork", `--root=${root}`, `--wd=${workdir}`, "--mount-proc"],
    ...[`--setgid=${user.gid}`, `--setuid=${user.uid}`, "--", ...command],
  ];
}

/** The environment of that process: the image's, and what a container runtime adds. */
export function envInside({ env, user }: Inside): Record<string, string> {
  return { PATH: DEFAULT_PATH, HOME: user.home, ...Object.fromEntries(env) };
}

/** Looks up a user of a root folder by name or number, as the instruction `USER` has it. */
export async function userOf(root: string, who: string): Promise<User> {
  const passwd = await readFile(join(root, "etc/passwd"), "utf8");
  for (const line of passwd.split("\n")) {
    const [name, , uid, gid, , home] = line.split(":");
    if (home !== undefined && (name === who || uid === who)) return { uid: Number(uid), gid: Number(gid), home };
  }
  throw new Error(`/etc/passwd has no user ${who}`);
}

/** The process id, outside the namespace, of the first process that `unshare --fork` has started; undefined before. */
export function firstProcessOf(unsharePid: number): number | undefined {
  const children = readFileSync(`/proc/${unsharePid}/task/${unsharePid}/children`, "utf8").trim();
  return children === "" ? undefined : Number(children.split(" ")[0]);
}
