import { CHANGE_GUARDS } from "./change-guards.ts";
import { CLAIM_GUARDS } from "./claim-guards.ts";
import type { Guard } from "./guard.ts";
import { IMPORT_GUARDS } from "./import-guards.ts";
import { NET_GUARDS } from "./net-guards.ts";

/** Every guard, in the order of the table in docs/reliability.md. */
export const GUARDS: readonly Guard[] = [...CLAIM_GUARDS, ...NET_GUARDS, ...IMPORT_GUARDS, ...CHANGE_GUARDS];
