// Whether texts and answers have moved away from those that the model was judged on, with a plot for each stream.

import { byId, columnHead, counted, definitions, element, grouped, localTime, percent } from "./dom.js";
import { call } from "./api.js";
import { clearNotice, showNotice } from "./notices.js";
import { credential, credentialName } from "./session.js";

// The parser gives it the namespace that drawings need.
const SVG = byId("drift-drawing").namespaceURI;
const WIDTH = 560;
const HEIGHT = 120;
const MOST_SHARES = 12;
const NAMES = {
  predicted_label: "Predicted labels",
  confidence: "Confidence",
  length: "Length",
  unknown_pieces: "Unknown word pieces",
  unseen_words: "Words that training never saw",
};
const STATES = {
  drift: "Drift.",
  steady: "No drift.",
  "too-few-texts": "Too few texts.",
  "no-reference": "Nothing to compare with.",
  "unreadable-reference": "Nothing to compare with.",
  "not-looked": "Not looked yet.",
};
const MEASURED_IN = { pieces: "word pieces", words: "words" };

function drawn(tag, className, attributes) {
  const node = document.createElementNS(SVG, tag);
  node.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

// The evidence over the requests, on a logarithmic scale, with the line from which on it is an alarm.
function plot(stream, name) {
  const points = [["", 0, 0], ...stream.evidence];
  const values = points.map((point) => point[2]);
  const top = Math.max(stream.log10_threshold * 1.3, ...values);
  const low = Math.min(0, ...values);
  const last = Math.max(1, points[points.length - 1][1]);
  const x = (requests) => ((requests / last) * WIDTH).toFixed(1);
  const y = (value) => (4 + (HEIGHT - 8) * (1 - (value - low) / (top - low))).toFixed(1);
  const box = drawn("svg", "evidence", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  box.setAttribute("aria-label", `${name}: evidence 10 to the ${stream.log10_evidence.toFixed(1)} after `
    + `${counted(stream.requests, "request")}; an alarm from 10 to the ${stream.log10_threshold.toFixed(1)} on.`);
  const level = (value, className) => drawn("line", className, { x1: 0, x2: WIDTH, y1: y(value), y2: y(value) });
  box.append(level(0, "axis"), level(stream.log10_threshold, "threshold"),
    drawn("polyline", "curve", { points: points.map((point) => `${x(point[1])},${y(point[2])}`).join(" ") }));
  const ends = element("div", "ends", element("span", "", "request 1"), element("span", "", `request ${grouped(last)}`));
  return element("div", "plot", box, ends);
}

const newest = (share) => (share.late === null ? share.live : share.late);

const moved = (share) => (newest(share) === null ? 0 : Math.abs(newest(share) - share.reference));

function shares(stream, name) {
  const chosen = [...stream.shares].sort((one, other) => moved(other) - moved(one)).slice(0, MOST_SHARES);
  const figure = (share) => (share === null ? "none" : percent(share));
  const rows = chosen.map((share) => {
    const head = element("th", "", share.name);
    head.scope = "row";
    const interval = `${figure(share.reference)} [${percent(share.low)}, ${percent(share.high)}]`;
    return element("tr", "", head, ...[interval, figure(share.live), figure(share.late)].map((text) => element("td", "", text)));
  });
  const heads = ["Share", "Reference", "Since the start", "Lately"].map((head) => columnHead(head));
  const caption = element("caption", "unseen", `${name}: the shares that moved most`);
  const table = element("table", "figures", caption, element("thead", "", element("tr", "", ...heads)), element("tbody", "", ...rows));
  const box = element("div", "scrolling", table);
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", `${name}: shares`);
  const details = element("details", "", element("summary", "", "Show the shares"), box);
  details.open = Boolean(stream.alarm);
  return details;
}

function card(stream) {
  const name = NAMES[stream.name] || stream.name;
  const verdict = element("p", stream.alarm ? "failed" : "quiet");
  if (stream.alarm) {
    const what = stream.moved ? ` Lately ${stream.moved} moved most.` : "";
    verdict.append("Moved, seen at ", localTime(stream.alarm.time), ` (request ${grouped(stream.alarm.request)}).${what}`);
  } else {
    verdict.append(`No evidence in ${counted(stream.requests, "request")}.`);
  }
  const nodes = [element("h2", "", name), verdict];
  if (stream.evidence.length) nodes.push(plot(stream, name));
  nodes.push(shares(stream, name));
  return element("div", "card", ...nodes);
}

// What the newest answers say of the accuracy, and what an alarm is about.
function newestTexts(report) {
  const nodes = [];
  const estimate = report.accuracy && report.accuracy.estimate;
  if (estimate) {
    nodes.push(element("p", "", `About ${percent(estimate.accuracy)} of the newest ${counted(estimate.texts, "answer")} are right `
      + `[${percent(estimate.low)}, ${percent(estimate.high)}], if texts of a label still look as they did. `
      + `On the held-out texts it was ${percent(estimate.reference)}.`));
  }
  const audit = report.accuracy && report.accuracy.audit;
  if (audit) {
    nodes.push(element("p", "", `By the labels of the audit sample ${grouped(audit.late.right)} of the last ${counted(audit.late.texts, "answer")} `
      + `were right [${percent(audit.late.low)}, ${percent(audit.late.high)}].`));
  }
  if (report.accuracy && report.accuracy.waiting) {
    nodes.push(element("p", "", `Texts of the audit sample that wait for a label of a trusted key: ${grouped(report.accuracy.waiting)}.`));
  }
  if (report.accuracy && report.accuracy.sentence) nodes.push(element("p", "quiet", report.accuracy.sentence));
  const found = report.explanation;
  if (found) {
    const share = (one) => `${one.term || one.label} (${percent(one.reference)} to ${percent(one.live)})`;
    for (const [title, some] of [["More frequent", found.more], ["Less frequent", found.less], ["Labels that grew", found.grown]]) {
      if (some.length) nodes.push(element("p", "", `${title}: ${some.map(share).join(", ")}`));
    }
    if (report.explanation_reason) nodes.push(element("p", "quiet", report.explanation_reason));
    if (found.typical.length) nodes.push(element("ul", "", ...found.typical.map((one) => element("li", "", one.text))));
  }
  return nodes.length ? [element("div", "card", element("h2", "", "The newest texts"), ...nodes)] : [];
}

function about(report) {
  const facts = [["Model", report.model_version]];
  if (report.counted) {
    const { requests, texts, late } = report.counted;
    facts.push(["Counted", `${counted(requests, "request")}, ${counted(texts, "text")}${late ? ` (${grouped(late)} came late)` : ""}`]);
  }
  if (report.until) facts.push(["Up to", localTime(report.until)]);
  if (report.behind_seconds) facts.push(["Behind", counted(report.behind_seconds, "second")]);
  if (report.reference) {
    facts.push(["Reference", `${counted(report.reference.texts, "text")}, length in ${MEASURED_IN[report.reference.length_unit] || report.reference.length_unit}`]);
  }
  if (report.promise) {
    facts.push(["Chance of ever a false alarm", `at most ${report.promise.alpha} within ${percent(report.promise.tolerance)} of a share`]);
  }
  return element("div", "card", definitions(facts));
}

function draw(report) {
  byId("drift-summary").textContent = `${STATES[report.status] || ""} ${report.reason}`.trim();
  const streams = [...report.streams].sort((one, other) => Boolean(other.alarm) - Boolean(one.alarm));
  byId("drift-figures").replaceChildren(about(report), ...newestTexts(report), ...streams.map(card));
}

let reading = null;

async function load() {
  if (reading) reading.abort();
  clearNotice(byId("drift-error"));
  byId("drift-figures").replaceChildren();
  if (!credential()) {
    byId("drift-summary").textContent = `Type your ${credentialName()} above to see the report.`;
    return;
  }
  const mine = reading = new AbortController();
  byId("drift-summary").textContent = "Loading the report …";
  try {
    const { document: report } = await call("v1/drift", { signal: mine.signal });
    draw(report);
  } catch (error) {
    if (mine !== reading || error.name === "AbortError") return;
    byId("drift-summary").textContent = "";
    showNotice(byId("drift-error"), error, "The drift report cannot be shown.");
  }
}

export const driftPanel = { show: load, hide() {}, newKey: load };
