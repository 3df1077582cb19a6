import { render } from "preact";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { COMMANDS } from "../lib/report/commands.ts";
import type { Report } from "../lib/report/report.ts";
import { Answer, headline, STATE_NAMES, Total } from "./answer.tsx";
import { RunTimes, Speed } from "./charts.tsx";
import { Failures } from "./failures.tsx";
import { EVERYTHING, Model, type View, viewOfHash, viewToHash } from "./model.ts";
import { Panel } from "./panel.tsx";
import { CommandLine, Name } from "./parts.tsx";
import { Running } from "./running.tsx";
import { Samples } from "./samples.tsx";
import { Steps } from "./steps.tsx";
import { duration, fullTime, percent, shown, time } from "./text.ts";

/** How often the ages on the page are updated. */
const TICK_MS = 10_000;

function App({ report }: { report: Report }) {
  const model = useMemo(() => new Model(report), [report]);
  const [view, setView] = useState<View>(() => viewOfHash(location.hash));
  const now = useNow(Date.parse(report.summary.at));
  const onView = (change: Partial<View>) => {
    const next = { ...view, ...change };
    setView(next);
    const hash = viewToHash(next);
    // typing replaces the address; everything else can be undone with Back
    const isTyping = Object.keys(change).every((part) => part === "text");
    history[isTyping ? "replaceState" : "pushState"](null, "", hash ? `#${hash}` : "#");
    if (!isTyping && !("sample" in change)) document.getElementById("samples")?.scrollIntoView({ block: "nearest" });
  };
  useEffect(() => {
    const back = () => setView(viewOfHash(location.hash));
    addEventListener("popstate", back);
    addEventListener("hashchange", back);
    return () => {
      removeEventListener("popstate", back);
      removeEventListener("hashchange", back);
    };
  }, []);
  useKeys({ view, onView });
  const open = view.sample === undefined ? undefined : model.rows.find(({ name }) => name === view.sample);
  const hasItems = report.samples.total > 0;
  return (
    <>
      <a class="skip" href="#samples-title">
        Skip to the samples
      </a>
      <TopBar report={report} now={now} />
      <main>
        <Answer report={report} now={now} onView={onView} />
        <Total report={report} view={view} onView={onView} />
        {hasItems && (
          <>
            <div class="columns">
              <Steps report={report} now={now} onView={onView} />
              <Failures report={report} now={now} onView={onView} />
              <Running report={report} now={now} onView={onView} />
            </div>
            <Samples model={model} view={view} onView={onView} />
            <div class="columns even">
              <Speed report={report} now={now} />
              <RunTimes report={report} />
            </div>
          </>
        )}
      </main>
      {open && <Panel model={model} row={open} now={now} onView={onView} />}
      <Foot report={report} />
    </>
  );
}

function TopBar({ report, now }: { report: Report; now: number }) {
  const [sign, name] = STATE_NAMES[report.state];
  const age = now - Date.parse(report.summary.at);
  const isOld = report.everySeconds !== undefined && age > 2_000 * report.everySeconds && !report.endedAt;
  return (
    <header class="top">
      <b>
        <Name text={report.study} />
      </b>
      <span class={`state ${report.state}`}>
        <span aria-hidden="true">{sign}</span> {name}
      </span>
      <span class="note">{report.place.name}</span>
      <nav aria-label="Regions of the page">
        <a href="#failures-title">Failures</a>
        <a href="#samples-title">Samples</a>
        <a href="#speed-title">Speed</a>
        <a href="#times-title">Run time and memory</a>
      </nav>
      <span class={isOld ? "age old" : "age"}>
        As of <b>{time(report.summary.at)}</b>
        {age >= 0 && `, ${duration(age)} ago`}
      </span>
    </header>
  );
}

function Foot({ report }: { report: Report }) {
  const save = () => {
    const text = document.getElementById("data")?.textContent ?? "";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "progress.json";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <footer>
      <span>
        Written by anamo{report.version && ` ${report.version}`} on {fullTime(report.summary.at)} ({report.summary.at})
      </span>
      <CommandLine label="A fresh page:" line={COMMANDS.report(report.place)} />
      <button type="button" class="action" onClick={save}>
        Save the data as JSON
      </button>
    </footer>
  );
}

/** The reader's time, which moves on; never before the time of the data. */
function useNow(atMs: number): number {
  const [now, setNow] = useState(() => Math.max(atMs, Date.now()));
  useEffect(() => {
    const timer = setInterval(() => setNow(Math.max(atMs, Date.now())), TICK_MS);
    return () => clearInterval(timer);
  }, [atMs]);
  return now;
}

/** The page's keyboard shortcuts, which are off while the reader types. */
function useKeys({ view, onView }: { view: View; onView: (change: Partial<View>) => void }) {
  // a key that is pressed before the next painting must find the new view
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === "Escape") {
        if (isTyping && event.target instanceof HTMLElement) event.target.blur();
        else if (view.sample !== undefined) onView({ sample: undefined });
        return;
      }
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      const cells = document.querySelector<HTMLElement>(".cells");
      if (event.key === "/") document.getElementById("find")?.focus();
      else if (event.key === "s") cells?.focus();
      else if (event.key === "f") onView({ classes: ["failed"], step: undefined, group: undefined });
      else if (event.key === "x") onView({ ...EVERYTHING, step: undefined, group: undefined, sample: undefined });
      else if (/^(j|k|ArrowUp|ArrowDown)$/.test(event.key) && view.sample !== undefined) {
        cells?.dispatchEvent(new KeyboardEvent("keydown", { key: event.key }));
      } else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}

const report = JSON.parse(document.getElementById("data")?.textContent ?? "{}") as Report;
const all = Object.values(report.items).reduce((sum, n) => sum + n, 0);
const failed = report.items.failed > 0 ? ` · ${report.items.failed} failed` : "";
document.title =
  all === 0
    ? `${headline(report)} ${shown(report.study)}`
    : `${percent(report.items.done, all)}${failed} · ${shown(report.study)}`;
const root = document.getElementById("app");
if (root) render(<App report={report} />, root);

// paper is white, so redraw canvases in the colors of the light page
for (const [event, isPrint] of [
  ["beforeprint", true],
  ["afterprint", false],
] as const) {
  addEventListener(event, () => {
    document.documentElement.classList.toggle("print", isPrint);
    dispatchEvent(new Event("anamo:redraw"));
  });
}
