export { counted } from "../../lib/counted.ts";
