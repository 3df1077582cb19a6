/* Formats numbers, times and names for the page, in the reader's time zone. */

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

export function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** `1 item`, `2 items` */
export function counted(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** `40 s`, `12 min`, `3 h 5 min`, `4 d 2 h` */
export function duration(ms: number): string {
  if (ms < 0.95 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < 10 * SECOND) return `${Number((ms / SECOND).toFixed(1))} s`;
  if (ms < 90 * SECOND) return `${Math.round(ms / SECOND)} s`;
  if (ms < 90 * MINUTE) return `${Math.round(ms / MINUTE)} min`;
  const minutes = Math.round(ms / MINUTE);
  if (ms < DAY) return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
  const hours = Math.round(ms / HOUR);
  return `${Math.floor(hours / 24)} d${hours % 24 ? ` ${hours % 24} h` : ""}`;
}

/** In a single unit, for tables: `44 min`, `3.4 h` */
export function short(ms: number): string {
  if (ms < 90 * SECOND || ms < 90 * MINUTE) return duration(ms);
  return ms < 2 * DAY ? `${(ms / HOUR).toFixed(1)} h` : `${(ms / DAY).toFixed(1)} d`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

export function time(date: string): string {
  return clock.format(new Date(date));
}

/** `14:32`, or `Fri 4 Dec 18:00` on a day other than that of `now` */
export function moment(date: string, now: number): string {
  const day = weekday.format(new Date(date));
  return day === weekday.format(new Date(now)) ? time(date) : `${day} ${time(date)}`;
}

export function fullTime(date: string): string {
  return new Date(date).toLocaleString("en-GB", { dateStyle: "full", timeStyle: "long" });
}

/** `5.6`, `31`, `1,200` */
export function rate(perHour: number): string {
  return perHour < 10 ? perHour.toFixed(1) : count(Math.round(perHour));
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytes(n: number): string {
  const unit = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, n)) / 3)));
  const value = n / 1_000 ** unit;
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

export function percent(part: number, whole: number): string {
  if (whole === 0) return "0 %";
  const share = (part / whole) * 100;
  // never show 2,999 of 3,000 as 100 %
  return `${part === whole ? 100 : Math.min(99, share > 0 && share < 1 ? 1 : Math.floor(share))} %`;
}

/** A name or line of a script, changed so that no character in it can move, hide or color others. */
export function shown(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code <= 0xffff ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** Cuts out the middle, because the ends of names are what tells samples apart. */
export function middleCut(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  const letters = [...text];
  let [low, high] = [2, letters.length - 1];
  const cut = (kept: number) => {
    const head = Math.ceil(kept * 0.4);
    return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (kept - head)).join("")}`;
  };
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(cut(middle))) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}
