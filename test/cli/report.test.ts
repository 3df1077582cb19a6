import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LATEST_PAGE } from "../../functions/latest-summary.ts";
import { createSummarizeHandler } from "../../functions/summarize.ts";
import { Clients } from "../../workflow/clients.ts";
import { pageLink } from "../../workflow/report.ts";
import { failed, LOGGED } from "../support/changes.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { anamoOn } from "../support/on-table.ts";
import { testFolder } from "../support/worker.ts";

test("the page, its data and the command that starts a group of failures over agree", async () => {
  const table = await testTable();
  await addItems(table, [newItem("</script>1"), newItem("it's 2"), newItem("c")]);
  for (const id of ["</script>1", "it's 2"])
    await failed(table, id, {
      ...LOGGED,
      cause: "exit",
      exitCode: 1,
      log: { stdout: "", stderr: `line ${id.length}`, tagged: [] },
    });
  const file = join(await testFolder(), "page.html");
  const written = await anamoOn(table, ["report", "--out", file]);
  expect(written).toMatchObject({ exitCode: 0, stderr: "" });
  const html = await readFile(file, "utf8");
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  const embedded = /<script type="application\/json" id="data">(.*)<\/script>\n<script>/s.exec(html)?.[1] ?? "";
  const { stdout } = await anamoOn(table, ["report", "--json"]);
  const { failures } = JSON.parse(stdout);
  expect(JSON.parse(embedded).failures).toEqual(failures);
  expect(failures.groups).toMatchObject([{ line: "line #", items: 2 }]);
  const reset = await anamoOn(table, ["reset", "--group", failures.groups[0].id, "--yes", "--json"]);
  expect(JSON.parse(reset.stdout)).toMatchObject({ changed: 2, failed: 0 });
  expect(await anamoOn(table, ["reset", "--group", "x", "--yes"])).toMatchObject({ exitCode: 2 });
});

test("a link to the page that the function wrote is signed, and there is none before", async () => {
  const table = await testTable();
  const env = { ...testEnv(), ANAMO_TABLE: table.name };
  const clients = new Clients({ env });
  await createSummarizeHandler(env)({});
  const link = await pageLink(clients, { expiresSeconds: 60 });
  expect(link).toContain(LATEST_PAGE);
  expect(link).toContain("X-Amz-Signature=");
  const page = await fetch(link);
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(await page.text()).toContain("<!doctype html>");
  clients.close();
});
