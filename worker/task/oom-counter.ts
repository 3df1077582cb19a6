import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

/** Counts processes of this container that the kernel's OOM killer has killed. */
export class OomCounter {
  #fd?: number;
  readonly #buffer = Buffer.allocUnsafe(1024);

  /** `path`: a cgroup's memory.events (v2) or memory.oom_control (v1); without one, the count stays 0. */
  constructor(path: string | undefined = oomCounterPath()) {
    try {
      if (path) this.#fd = openSync(path, "r");
    } catch {
      // Without the cgroup, an OOM kill is reported as an ordinary kill.
    }
  }

  /** How many there have been so far; 0 if unknown. */
  read(): number {
    if (this.#fd === undefined) return 0;
    try {
      const text = this.#buffer.toString("latin1", 0, readSync(this.#fd, this.#buffer, 0, this.#buffer.length, 0));
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
    } catch {
      return 0;
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** The file in which the kernel counts OOM kills for this process's cgroup, v2 or v1; undefined if there is none. */
export function oomCounterPath(deps: { proc?: string; cgroups?: string } = {}): string | undefined {
  const { proc = "/proc", cgroups = "/sys/fs/cgroup" } = deps;
  const own = readText(join(proc, "self/cgroup"));
  const v2 = /^0::(.*)$/m.exec(own)?.[1];
  const v1 = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(own)?.[1];
  // In a container, the path may be the host's, while the container's own cgroup is mounted at the top.
  const candidates = [
    ...(v1 === undefined ? [] : [join(cgroups, "memory", v1, "memory.oom_control")]),
    ...(v1 === undefined ? [] : [join(cgroups, "memory/memory.oom_control")]),
    ...(v2 === undefined ? [] : [join(cgroups, v2, "memory.events")]),
    join(cgroups, "memory.events"),
  ];
  return candidates.find((path) => readText(path).includes("oom_kill "));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
