// The model, and how well it classified texts that it had not seen.

import { byId, columnHead, counted, definitions, element, grouped, localTime, percent } from "./dom.js";
import { call } from "./api.js";
import { clearNotice, showNotice } from "./notices.js";
import { learnLabels } from "./labels.js";
import { credential, credentialName } from "./session.js";

const SHADES = 5;
const MOST_IN_A_MATRIX = 40;
const MOST_CONFUSIONS = 40;

const figure = (value) => (typeof value === "number" ? value.toFixed(3) : "none");

function withInterval(value, interval) {
  return interval ? `${figure(value)} (${figure(interval[0])} to ${figure(interval[1])})` : figure(value);
}

function rowHead(...children) {
  const head = element("th", "", ...children);
  head.scope = "row";
  return head;
}

function perClass(model) {
  const heads = ["Label", "Precision", "Recall", "F1", "Test texts"].map((head) => columnHead(head));
  const rows = model.labels.filter((label) => model.evaluation.per_class[label]).map((label) => {
    const own = model.evaluation.per_class[label];
    const figures = [figure(own.precision), figure(own.recall), figure(own.f1), grouped(own.support || 0)];
    return element("tr", "", rowHead(label), ...figures.map((text) => element("td", "", text)));
  });
  return element("table", "figures", element("caption", "", "Figures by label"),
    element("thead", "", element("tr", "", ...heads)), element("tbody", "", ...rows));
}

// The larger a cell's share of the texts with the row's label, the darker it is.
function confusion(model) {
  const matrix = model.evaluation.confusion_matrix;
  const heads = model.labels.map((label) => columnHead(element("span", "", label)));
  const rows = matrix.map((counts, index) => {
    const total = counts.reduce((sum, count) => sum + count, 0) || 1;
    const cells = counts.map((count, column) => {
      const node = element("td", `shade-${Math.ceil((count / total) * SHADES)}`, grouped(count));
      if (column === index) node.append(element("span", "unseen", " right"));
      return node;
    });
    return element("tr", "", rowHead(model.labels[index]), ...cells);
  });
  const corner = element("td", "quiet", "");
  return element("table", "confusion", element("caption", "", "Confusion matrix (rows: true label, columns: predicted)"),
    element("thead", "", element("tr", "", corner, ...heads)), element("tbody", "", ...rows));
}

// A matrix of hundreds of labels is nearly all zeros, and too large to draw: its largest numbers beside the diagonal.
function confusions(model) {
  const totals = model.evaluation.confusion_matrix.map((counts) => counts.reduce((sum, one) => sum + one, 0));
  const pairs = model.evaluation.confusion_matrix.flatMap((counts, index) => counts
    .map((count, column) => ({ count, right: model.labels[index], predicted: model.labels[column], total: totals[index] }))
    .filter(({ count }, column) => count > 0 && column !== index));
  pairs.sort((one, other) => other.count - one.count);
  const heads = ["True label", "Predicted label", "Texts", "Share of the true label's"].map((head) => columnHead(head));
  const rows = pairs.slice(0, MOST_CONFUSIONS).map(({ count, right, predicted, total }) => element("tr", "", rowHead(right),
    ...[predicted, grouped(count), percent(count / total)].map((text) => element("td", "", text))));
  return element("table", "figures", element("caption", "", `Most frequent confusions (${rows.length} of ${grouped(pairs.length)})`),
    element("thead", "", element("tr", "", ...heads)), element("tbody", "", ...rows));
}

// With many labels it is wide: it scrolls on its own, also by keyboard, without the page.
function scrolling(name, table) {
  const box = element("div", "scrolling", table);
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", name);
  return box;
}

function about(model) {
  const { counts } = model.dataset;
  const texts = [["train", "to train"], ["valid", "to choose"], ["test", "to test"]]
    .filter(([name]) => counts[name] !== undefined).map(([name, purpose]) => `${grouped(counts[name])} ${purpose}`);
  return definitions([
    ["Version", model.model_version],
    ["Evaluated", localTime(model.created)],
    ["Base model", model.base_model === "compact" ? "compact, trained from scratch" : model.base_model],
    ["Texts", texts.join(", ")],
  ]);
}

function headline({ evaluation }) {
  const { baseline } = evaluation;
  const rows = [
    ["Accuracy", withInterval(evaluation.accuracy, evaluation.accuracy_interval)],
    ["Macro F1", withInterval(evaluation.macro_f1, evaluation.macro_f1_interval)],
    ["Calibration error", figure(evaluation.calibration_error)],
  ];
  if (baseline) rows.push([`Baseline (${baseline.name})`, `accuracy ${figure(baseline.accuracy)}, macro F1 ${figure(baseline.macro_f1)}`]);
  return definitions(rows);
}

function draw(model) {
  learnLabels(model.labels);
  if (!model.evaluation) {
    byId("model-summary").textContent = "A foundation model answers. It was not evaluated here, and it reports no probabilities.";
    byId("model-figures").replaceChildren(element("div", "card",
      definitions([["Model", model.model_version], ["Labels", model.labels.join(", ")]])));
    return;
  }
  const { evaluation } = model;
  byId("model-summary").textContent =
    `${counted(model.labels.length, "label")}, accuracy ${percent(evaluation.accuracy)} on texts that it had not seen. Brackets show 95 % confidence intervals.`;
  const nodes = [element("div", "pair", element("div", "card", about(model)), element("div", "card", headline(model)))];
  if (Object.keys(evaluation.per_class || {}).length) nodes.push(element("div", "card", scrolling("Figures by label", perClass(model))));
  const size = (evaluation.confusion_matrix || []).length;
  if (size) {
    const table = size <= MOST_IN_A_MATRIX ? scrolling("Confusion matrix", confusion(model)) : scrolling("Confusions", confusions(model));
    nodes.push(element("div", "card", table));
  }
  byId("model-figures").replaceChildren(...nodes);
}

let reading = null;

async function load() {
  if (reading) reading.abort();
  clearNotice(byId("model-error"));
  byId("model-figures").replaceChildren();
  if (!credential()) {
    byId("model-summary").textContent = `Type your ${credentialName()} above to see the model.`;
    return;
  }
  const mine = reading = new AbortController();
  byId("model-summary").textContent = "Loading the model's description …";
  try {
    const { document: model } = await call("v1/model", { signal: mine.signal });
    draw(model);
  } catch (error) {
    if (mine !== reading || error.name === "AbortError") return;
    byId("model-summary").textContent = "";
    showNotice(byId("model-error"), error, "The model cannot be shown.");
  }
}

export const modelPanel = { show: load, hide() {}, newKey: load };
