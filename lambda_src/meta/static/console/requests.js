// The request log, newest first, with filters and feedback.

import { byId, columnHead, counted, element, hoursAgo, localTime, percent } from "./dom.js";
import { call } from "./api.js";
import { clearNotice, showNotice } from "./notices.js";
import { feedbackControl, labelText } from "./feedback.js";
import { learnLabels } from "./labels.js";
import { credential, credentialName } from "./session.js";
import { aText, inTaskLanguage } from "./task.js";

const PAGE = 25;
const HEADS = ["Time", "Text", "Label", "Latency", "Correct label"];
let asking = null;
let asked = {};
let cursor = null;
let shown = 0;

function filters() {
  const query = { since: hoursAgo(Number(byId("requests-period").value)), limit: PAGE };
  if (byId("requests-label").value) query.label = byId("requests-label").value;
  if (byId("requests-confidence").value) query.max_confidence = byId("requests-confidence").value;
  if (byId("requests-uncertain").value) query.uncertain = byId("requests-uncertain").value;
  return query;
}

function cell(title, ...children) {
  const node = element("td", "", ...children);
  node.setAttribute("role", "cell");
  node.dataset.title = title;
  return node;
}

function rowOf(logged) {
  const text = logged.text === undefined ? element("span", "quiet", "(the text was not kept)") : inTaskLanguage(element("span", "text", logged.text));
  const isOwn = credential().includes(`_${logged.key_id}_`);
  const about = [`request ${logged.request_id}`, logged.model_version, isOwn ? "" : `key ${logged.key_id}`].filter(Boolean).join(" · ");
  const label = element("div");
  const best = logged.confidence === undefined ? "" : percent(logged.confidence);
  const confidence = logged.uncertain ? `${best}, uncertain` : best;
  const draw = (marked) => label.replaceChildren(labelText(logged.label, marked), " ", element("span", "share quiet", confidence));
  let feedback = "";
  if (logged.label === undefined) {
    label.append(element("span", "failed", `failed (${logged.status})`));
  } else {
    draw(logged.feedback_label);
    const answered = { requestId: logged.request_id, position: logged.position, text: logged.text, label: logged.label,
      labels: logged.labels || [logged.label], marked: logged.feedback_label };
    feedback = feedbackControl(answered, draw);
    learnLabels(answered.labels);
  }
  const row = element("tr", "", cell(HEADS[0], localTime(logged.time, { dateStyle: "short", timeStyle: "medium" })), cell(HEADS[1], text, element("span", "about quiet", about)),
    cell(HEADS[2], label), cell(HEADS[3], `${Math.round(logged.latency_ms)} ms`), cell(HEADS[4], feedback));
  row.setAttribute("role", "row");
  return row;
}

// Roles are explicit: a table that is shown as cards on a narrow screen would lose them.
function makeTable() {
  const heads = HEADS.map((head) => columnHead(head));
  for (const head of heads) head.setAttribute("role", "columnheader");
  const headRow = element("tr", "", ...heads);
  headRow.setAttribute("role", "row");
  const table = element("table", "log", element("caption", "unseen", "Requests, newest first"), element("thead", "", headRow), element("tbody"));
  table.setAttribute("role", "table");
  for (const part of [table.tHead, table.tBodies[0]]) part.setAttribute("role", "rowgroup");
  byId("requests-rows").replaceChildren(table);
  return table;
}

function summarise() {
  const more = cursor !== null;
  byId("requests-more").hidden = !more;
  byId("requests-more").textContent = shown ? "Show older ones" : "Look further back";
  if (shown) byId("requests-summary").textContent = `${counted(shown, "text")}${more ? ", and there may be more" : ""}.`;
  else if (more) byId("requests-summary").textContent = "No matches so far.";
  else if (asked.label || asked.max_confidence || asked.uncertain) byId("requests-summary").textContent = "No request matches these filters.";
  else byId("requests-summary").textContent = `No requests in this period. Classify ${aText()} to see it here.`;
}

async function load(query) {
  if (asking) asking.abort();
  const mine = asking = new AbortController();
  clearNotice(byId("requests-error"));
  byId("requests-summary").textContent = "Loading the request log …";
  try {
    const { document: page } = await call("v1/requests", { query, signal: mine.signal });
    const table = byId("requests-rows").querySelector("table") || makeTable();
    table.tBodies[0].append(...page.texts.map(rowOf));
    shown += page.texts.length;
    cursor = page.next_cursor;
    if (!shown) byId("requests-rows").replaceChildren();
    summarise();
  } catch (error) {
    if (mine !== asking || error.name === "AbortError") return;
    byId("requests-summary").textContent = "";
    showNotice(byId("requests-error"), error, "The request log cannot be shown.");
  }
}

function reload() {
  byId("requests-rows").replaceChildren();
  byId("requests-more").hidden = true;
  clearNotice(byId("requests-error"));
  shown = 0;
  cursor = null;
  if (!credential()) {
    byId("requests-summary").textContent = `Type your ${credentialName()} above to see its requests.`;
    return;
  }
  asked = filters();
  load(asked);
}

export function startRequests() {
  byId("filters").addEventListener("submit", (event) => { event.preventDefault(); reload(); });
  byId("filters").addEventListener("change", reload);
  byId("requests-more").addEventListener("click", () => load({ ...asked, cursor }));
}

export const requestsPanel = { show: reload, hide() { if (asking) asking.abort(); }, newKey: reload };
