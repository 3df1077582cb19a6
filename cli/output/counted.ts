export { agreeing, counted } from "../../lib/counted.ts";
