export { quoted, shellWords } from "../../lib/shell-words.ts";
