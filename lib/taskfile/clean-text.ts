/**
 * Turns CR LF into LF (CR CR LF too, which a program writes that converts twice) and cuts CRs off the end. A CR
 * elsewhere stays: `tr -d '\r'` in JSON has one.
 */
export function unixLines(text: string): string {
  return text.includes("\r") ? text.replace(/\r+(?=\n|$)/g, "") : text;
}
