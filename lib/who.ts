import { hostname, userInfo } from "node:os";

/** The person at this machine, as recorded for others to see: `user@machine`. */
export function currentUser(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "somebody"; // a user in a container may have no name
  }
}
