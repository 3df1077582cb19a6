import { spawn } from "node:child_process";

/** Opens a file or link as a double click would; says so if this machine has no program for that. */
export async function openInBrowser(target: string): Promise<void> {
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  const child = spawn(program, [target], { detached: true, stdio: "ignore" });
  await new Promise<void>((resolve) => {
    child.once("spawn", resolve);
    child.once("error", () => {
      process.stderr.write(`anamo: ${program} is not there; open the page in a browser yourself\n`);
      resolve();
    });
  });
  child.unref();
}
