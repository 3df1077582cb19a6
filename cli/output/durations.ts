export { duration } from "../../lib/duration.ts";
