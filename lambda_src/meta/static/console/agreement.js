// What the labels of the audit sample say: progress, accuracy, agreement, conflicts.

import { byId, columnHead, counted, definitions, element, grouped, percent } from "./dom.js";
import { call } from "./api.js";

const STATISTICS = { cohen_kappa: "Cohen's kappa", krippendorff_alpha: "Krippendorff's alpha" };

const between = ([low, high], show) => `${show(low)} to ${show(high)}`;

const decimals = (number) => number.toFixed(2);

function progressBar(stats) {
  const share = stats.texts ? stats.labelled / stats.texts : 0;
  const bar = element("progress");
  bar.max = Math.max(stats.texts, 1);
  bar.value = stats.labelled;
  bar.setAttribute("aria-label", "Labelled texts of the audit sample");
  const reads = stats.complete ? "" : ", of those that were read";
  return [`${grouped(stats.labelled)} of ${grouped(stats.texts)} texts (${percent(share)})${reads}`, bar];
}

function accuracyText(entry) {
  const passed = entry.passed_over ? `; ${counted(entry.passed_over, "text")} passed over: ${between(entry.bounds, percent)}` : "";
  return `${percent(entry.accuracy)} of ${counted(entry.texts, "text")} (95 % interval ${between(entry.interval, percent)}${passed})`;
}

function agreementText({ texts, observed, statistic, value, interval }) {
  if (!texts) return "no text has two labels yet";
  const same = `${percent(observed)} of ${counted(texts, "text")}`;
  if (value === null) return `${same}; all have one label, which says nothing about chance`;
  return `${STATISTICS[statistic] || statistic} ${decimals(value)} (95 % interval ${between(interval, decimals)}); ${same}`;
}

function conflictRow(conflict) {
  const text = conflict.text === undefined ? element("span", "quiet", "(the text is not kept any more)") : conflict.text;
  const head = element("th", "text", text);
  head.scope = "row";
  const said = conflict.labels.map(({ labeller, label }) => {
    const [, ...name] = labeller.split(" ");
    return element("div", "", element("strong", "", label), ` by ${name.join(" ") || labeller}`);
  });
  return element("tr", "", head, element("td", "", ...said));
}

function conflictTable(conflicts) {
  if (!conflicts.length) return [];
  const heads = element("tr", "", columnHead("Text"), columnHead("Labels"));
  const table = element("table", "figures", element("caption", "", "Conflicts in texts that you have labelled"), element("thead", "", heads),
    element("tbody", "", ...conflicts.map(conflictRow)));
  return [element("div", "card scrolling", table)];
}

// The figures for a labeller ("" without a name). Throws what `call` throws.
export async function drawAgreement(labeller, signal) {
  const query = labeller ? { labeller } : {};
  const { document: stats } = await call("v1/labels", { query, signal });
  const facts = definitions([
    [`Audit sample since ${stats.since}`, ...progressBar(stats)],
    ...(stats.waiting ? [["Wait for a label of a trusted key", counted(stats.waiting, "text")]] : []),
    ["By you", grouped(stats.yours)],
    ...stats.accuracy.map((entry) => [`Accuracy of ${entry.model_version}`, accuracyText(entry)]),
    [stats.labellers > 1 ? `Agreement of ${grouped(stats.labellers)} labellers` : "Agreement", agreementText(stats.agreement)],
  ]);
  byId("label-figures").replaceChildren(element("div", "card", element("h2", "", "What the labels say"), facts), ...conflictTable(stats.conflicts));
}
