// Counts by label and confidence, refreshed every few seconds while the tab is open.

import { barTable, byId, columnHead, counted, definitions, element, grouped, hoursAgo, localTime, percent } from "./dom.js";
import { ApiError, call } from "./api.js";
import { clearNotice, showNotice } from "./notices.js";
import { credential, credentialName } from "./session.js";
import { aText } from "./task.js";

const EVERY_SECONDS = 5;
const SLOWEST_SECONDS = 60;
const SLOWEST_FOR_LITTLE_QUOTA = 600;
const OWN_SHARE = 0.1;
const MOST_LABELS = 20;
let visible = false;
let paused = false;
let timer = 0;
let seconds = EVERY_SECONDS;
let reading = null;

const share = (count, total) => (total ? count / total : 0);

const countText = (count, total) => `${grouped(count)} (${percent(share(count, total))})`;

function countRow(name, count, total, strong) {
  return { name, share: share(count, total), strong, value: countText(count, total) };
}

function byLabel(stats) {
  const rows = Object.entries(stats.labels).sort((a, b) => b[1] - a[1]);
  const total = rows.reduce((sum, [, count]) => sum + count, 0);
  const table = (caption, some) => barTable(caption, ["Label", "Texts"], some.map(([label, count]) => countRow(label, count, total, true)));
  if (rows.length <= MOST_LABELS) return table("Texts by label", rows);
  const rest = rows.slice(MOST_LABELS);
  const details = element("details", "", element("summary", "", `${rest.length} other labels`), table("Texts by label, the others", rest));
  details.id = "stats-other-labels";
  details.open = wasOpen("#stats-other-labels");
  return element("div", "", table("Texts by label, the most frequent", rows.slice(0, MOST_LABELS)), details);
}

// The figures are drawn anew every few seconds: what somebody has opened stays open.
function wasOpen(selector) {
  const before = byId("stats-figures").querySelector(selector);
  return Boolean(before && before.open);
}

function byConfidence(stats) {
  const total = stats.confidences.reduce((sum, count) => sum + count, 0);
  const rows = stats.confidences.map((count, step) => countRow(`${step * 10} to ${step * 10 + 10} %`, count, total, true));
  return barTable("Texts by confidence (highest probability)", ["Confidence", "Texts"], rows.reverse());
}

const HOUR = 3600 * 1000;

// Texts of every hour that the figures cover, including hours without any.
function timeline(stats) {
  const counts = new Map(stats.hours.map((hour) => [Date.parse(hour.hour), hour.texts]));
  const found = [];
  const first = Math.floor(Date.parse(stats.since) / HOUR) * HOUR;
  for (let hour = first; hour <= Date.parse(stats.until); hour += HOUR) found.push(counts.get(hour) || 0);
  return found;
}

// A column for each hour, and the same figures in a table for those who cannot see the chart or want the numbers.
function byHour(stats) {
  const hours = timeline(stats);
  const most = Math.max(...hours);
  const columns = hours.map((texts) => {
    const column = element("span", "column");
    column.style.height = texts ? `${Math.max(2, share(texts, most) * 100)}%` : "0";
    return column;
  });
  const chart = element("div", "columns", ...columns);
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", `Texts by hour: ${counted(stats.hours.length, "hour")} with texts, at most ${counted(most, "text")} in one.`);
  const heads = ["Hour", "Texts", "Failed", "Mean confidence"].map((head) => columnHead(head));
  const rows = stats.hours.map((hour) => {
    const head = element("th", "", localTime(hour.hour, { dateStyle: "short", timeStyle: "short" }));
    head.scope = "row";
    const confidence = hour.mean_confidence === null ? "none" : percent(hour.mean_confidence);
    return element("tr", "", head, ...[grouped(hour.texts), grouped(hour.failed), confidence].map((text) => element("td", "", text)));
  });
  const table = element("table", "figures", element("caption", "unseen", "Texts by hour"), element("thead", "", element("tr", "", ...heads)),
    element("tbody", "", ...rows.reverse()));
  const details = element("details", "", element("summary", "", "Show the hours as a table"), table);
  details.id = "stats-hours";
  details.open = wasOpen("#stats-hours");
  const short = { dateStyle: "short", timeStyle: "short" };
  const ends = element("div", "ends", localTime(stats.since, short), localTime(stats.until, short));
  return element("div", "card", element("h2", "", "Texts by hour"), chart, ends, details);
}

const marked = (feedback) => (feedback.texts ? `${percent(feedback.accuracy)} of ${grouped(feedback.texts)} marked` : "nothing marked yet");

function byVariant(stats) {
  const heads = ["Model", "Texts", "Mean confidence", "Accuracy by feedback"].map((head) => columnHead(head));
  const rows = stats.variants.map((one) => {
    const head = element("th", "", one.variant);
    head.scope = "row";
    const confidence = one.mean_confidence === null ? "none" : percent(one.mean_confidence);
    return element("tr", "", head, ...[grouped(one.texts), confidence, marked(one.feedback)].map((text) => element("td", "", text)));
  });
  const table = element("table", "figures", element("caption", "", "A/B test: answered texts by model"),
    element("thead", "", element("tr", "", ...heads)), element("tbody", "", ...rows));
  return element("div", "card scrolling", table);
}

function draw(stats) {
  const facts = definitions([
    ["Texts", grouped(stats.texts)],
    ["Failed", grouped(stats.failed)],
    ...(stats.uncertain ? [["Uncertain", countText(stats.uncertain, stats.texts - stats.failed)]] : []),
    ["Mean confidence", stats.mean_confidence === null ? "none" : percent(stats.mean_confidence)],
    ["Accuracy by feedback", marked(stats.feedback)],
  ]);
  const nodes = [element("div", "card", facts)];
  if (stats.texts) {
    nodes.push(element("div", "pair", element("div", "card", byLabel(stats)), element("div", "card", byConfidence(stats))));
    nodes.push(byHour(stats));
  }
  if ((stats.variants || []).length) nodes.push(byVariant(stats));
  keepFocus(nodes);
  const partly = stats.complete ? "" : ` Counted only since ${new Date(stats.counted_since).toLocaleString()}: earlier texts exceed the limit of one request.`;
  summarise(stats.texts ? `${counted(stats.texts, "text")} in this period.${partly}` : `No requests in this period. Classify ${aText()} to see figures here.`);
}

// New figures replace the old ones; the focus stays on the table's switch.
function keepFocus(nodes) {
  const box = byId("stats-figures");
  const details = box.contains(document.activeElement) ? document.activeElement.closest("details") : null;
  box.replaceChildren(...nodes);
  const toggle = details && box.querySelector(`#${details.id} > summary`);
  if (toggle) toggle.focus();
}

// Announced only when it changes.
function summarise(text) {
  if (byId("stats-summary").textContent !== text) byId("stats-summary").textContent = text;
}

// Slow enough to use at most a tenth of what the key has left until its limit resets.
function pace(headers) {
  if (!headers.has("ratelimit-remaining")) return EVERY_SECONDS;
  const spared = Math.max(Number(headers.get("ratelimit-remaining")) * OWN_SHARE, 0.01);
  const needed = Math.ceil(Number(headers.get("ratelimit-reset")) / spared);
  return Math.min(Math.max(needed, EVERY_SECONDS), SLOWEST_FOR_LITTLE_QUOTA);
}

async function read() {
  clearTimeout(timer);
  if (reading) reading.abort();
  if (!visible || document.hidden) return;
  const mine = reading = new AbortController();
  const query = { since: hoursAgo(Number(byId("stats-period").value)) };
  let goOn = true;
  try {
    const { document: stats, headers } = await call("v1/stats", { query, signal: mine.signal });
    if (mine !== reading) return;
    clearNotice(byId("stats-error"));
    draw(stats);
    seconds = pace(headers);
  } catch (error) {
    if (mine !== reading || error.name === "AbortError") return;
    summarise("");
    showNotice(byId("stats-error"), error, "The statistics cannot be shown.");
    const refused = error instanceof ApiError && [401, 403].includes(error.status);
    goOn = !refused;
    seconds = Math.max(Math.min(seconds * 2, SLOWEST_SECONDS), error.wait || 0);
  }
  if (goOn && !paused) timer = setTimeout(read, seconds * 1000);
  sayLive(goOn);
}

function sayLive(goesOn) {
  if (!credential() || !goesOn) byId("stats-live").textContent = "";
  else byId("stats-live").textContent = paused ? "Paused." : `Live: refreshed every ${seconds} s.`;
}

function start() {
  clearTimeout(timer);
  seconds = EVERY_SECONDS;
  clearNotice(byId("stats-error"));
  if (credential()) {
    read();
    return;
  }
  byId("stats-figures").replaceChildren();
  byId("stats-live").textContent = "";
  summarise(`Type your ${credentialName()} above to see its figures.`);
}

function stop() {
  visible = false;
  clearTimeout(timer);
  if (reading) reading.abort();
}

function togglePause() {
  paused = !paused;
  byId("stats-pause").textContent = paused ? "Resume" : "Pause";
  byId("stats-pause").setAttribute("aria-pressed", String(paused));
  if (paused) clearTimeout(timer);
  else start();
  sayLive(true);
}

export function startStats() {
  byId("stats-form").addEventListener("submit", (event) => event.preventDefault());
  byId("stats-period").addEventListener("change", start);
  byId("stats-pause").addEventListener("click", togglePause);
  document.addEventListener("visibilitychange", () => {
    if (visible && document.hidden) clearTimeout(timer);
    else if (visible && !paused) start();
  });
}

export const statsPanel = {
  show() { visible = true; start(); },
  hide: stop,
  newKey() { byId("stats-figures").replaceChildren(); start(); },
};
