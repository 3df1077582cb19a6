import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ItemClass } from "../lib/report/report.ts";
import { shown } from "./text.ts";

/* Small parts that several regions use. */

/** A square sign in the color of a class; its shape shows the same as its color. */
export function Sign({ of }: { of: ItemClass }) {
  return (
    <svg class={`sign ${of}`} viewBox="0 0 12 12" aria-hidden="true">
      <rect class="fill" width="12" height="12" rx="1.5" />
      {of === "running" && (
        <>
          <rect class="hollow" x="1.2" y="1.2" width="9.6" height="9.6" />
          <rect class="half" x="1.2" y="1.2" width="5" height="9.6" />
        </>
      )}
      {of === "failed" && <path class="mark" d="M3.5 3.5l5 5M8.5 3.5l-5 5" />}
      {of === "blocked" && <path class="mark" d="M3 9L9 3" />}
      {of === "paused" && <path class="mark" d="M4.3 3v6M7.7 3v6" />}
      {of === "waiting" && <circle class="dot" cx="6" cy="6" r="1.3" />}
    </svg>
  );
}

/** A triangle, which asks for attention. */
export function Warning() {
  return (
    <svg class="sign warning" viewBox="0 0 12 12" aria-hidden="true">
      <path class="fill" d="M6 .8L11.6 11H.4z" />
      <path class="mark" d="M6 4.2v3.2M6 8.6v1" />
    </svg>
  );
}

/** A command with a button that copies it. */
export function CommandLine({ line, label }: { line: string; label?: string }) {
  return (
    <span class="command">
      {label && <span class="label">{label}</span>}
      <span class="box">
        <code>{shown(line)}</code>
        <CopyButton text={line} what="command" />
      </span>
    </span>
  );
}

/** If the clipboard is denied, selects the text to be copied. */
export function CopyButton({ text, what, children }: { text: string; what: string; children?: ComponentChildren }) {
  const [isCopied, setCopied] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = () => {
    const select = () => {
      const code = button.current?.parentElement?.querySelector("code");
      if (code) getSelection()?.selectAllChildren(code);
    };
    if (!navigator.clipboard) return select();
    navigator.clipboard.writeText(text).then(() => setCopied(true), select);
  };
  return (
    <button type="button" class="copy" ref={button} onClick={copy} aria-label={children ? undefined : `Copy ${what}`}>
      {isCopied ? "Copied" : (children ?? "Copy")}
    </button>
  );
}

/** A region with its heading. */
export function Region({ id, title, note, children }: RegionProps) {
  return (
    <section id={id} class="region" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        {title} {note && <span class="note">{note}</span>}
      </h2>
      {children}
    </section>
  );
}

interface RegionProps {
  id: string;
  title: string;
  note?: string;
  children: ComponentChildren;
}

/** A longer name may be cut where there is no room for it; the title and the panel then have the full name. */
const LONG = 14;

/** A user's name for something, kept from changing the direction of the text around it. */
export function Name({ text }: { text: string }) {
  const name = shown(text);
  return (
    <bdi class="name" title={name.length > LONG ? name : undefined}>
      {name}
    </bdi>
  );
}

/** A link that changes what the page shows. */
export function Action({ onClick, children, label }: ActionProps) {
  return (
    <button type="button" class="action" onClick={onClick} aria-label={label}>
      {children}
    </button>
  );
}

interface ActionProps {
  onClick: () => void;
  children: ComponentChildren;
  label?: string;
}

/** Items by class as one bar: items that are left are between those in progress and those that need attention. */
export function Bar({
  items,
  label,
  big,
}: {
  items: Readonly<Record<ItemClass, number>>;
  label: string;
  big?: string;
}) {
  const order = ["done", "running", "waiting", "paused", "blocked", "failed"] as const;
  const total = order.reduce((sum, name) => sum + items[name], 0);
  const isWide = total > 0 && items.done / total > 0.25;
  return (
    <div class={big === undefined ? "bar" : "bar big"} role="img" aria-label={label}>
      {order.map(
        (name) =>
          items[name] > 0 && (
            <span key={name} class={name} style={{ flexGrow: items[name] }}>
              {name === "done" && isWide && big}
            </span>
          ),
      )}
      {big !== undefined && !isWide && <span class="outside">{big}</span>}
    </div>
  );
}
