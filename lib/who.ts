import { hostname, userInfo } from "node:os";

/** Who types, as others should find it written down: `user@machine`. */
export function whoTypes(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "somebody"; // a container may have a user without a name
  }
}
