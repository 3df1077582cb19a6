import { useState } from "preact/hooks";
import { classAt, type Model, type Row } from "./model.ts";
import { Action, Name } from "./parts.tsx";
import { count } from "./text.ts";

const A_PAGE = 200;

/** The matrix as a table of words, for screen readers and for copying. */
export function SampleTable({
  model,
  rows,
  onOpen,
}: {
  model: Model;
  rows: readonly Row[];
  onOpen: (row: Row) => void;
}) {
  const [page, setPage] = useState(0);
  const { stepOrder } = model.report;
  const pages = Math.max(1, Math.ceil(rows.length / A_PAGE));
  const at = Math.min(page, pages - 1);
  return (
    <div class="table-view">
      <table>
        <caption class="hidden">Samples by steps, in the order of the matrix</caption>
        <thead>
          <tr>
            <th>sample</th>
            {stepOrder.map((step) => (
              <th key={step}>
                <Name text={step} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(at * A_PAGE, (at + 1) * A_PAGE).map((row) => (
            <tr key={row.name}>
              <th scope="row">
                <Action onClick={() => onOpen(row)}>
                  <Name text={row.name} />
                </Action>
              </th>
              {stepOrder.map((step, column) => {
                const share = model.share(row, step);
                return (
                  <td key={step}>
                    {classAt(row.cells[column]) ?? "–"}
                    {share && ` ${share.done} of ${share.total}`}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {pages > 1 && (
        <p>
          <button type="button" disabled={at === 0} onClick={() => setPage(at - 1)}>
            Back
          </button>{" "}
          Page {count(at + 1)} of {count(pages)}{" "}
          <button type="button" disabled={at === pages - 1} onClick={() => setPage(at + 1)}>
            Next
          </button>
        </p>
      )}
    </div>
  );
}
