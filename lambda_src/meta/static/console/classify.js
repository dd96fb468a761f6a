// Texts in, labels and probabilities out.

import { barTable, byId, element, percent } from "./dom.js";
import { call } from "./api.js";
import { clearNotice, showNotice } from "./notices.js";
import { feedbackControl, labelText } from "./feedback.js";
import { missing, useKey } from "./session.js";
import { learnLabels } from "./labels.js";
import { capitalised, countedTexts, exampleTexts, inTaskLanguage, textNoun, textsNoun } from "./task.js";

const MAX_TEXTS = 64;
const MAX_CHARACTERS = 2000;
const MOST_BARS = 8;
// The contract's largest: an answer with fewer labels, as the operator may want it, could not be corrected to the others.
const ALL_LABELS = 1000;
let classifying = false;

// The lines that are not blank.
export function typedTexts() {
  return byId("texts").value.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

// The texts that the code examples send: the first ones typed, or sample texts.
export function someTexts() {
  const texts = typedTexts().filter((text) => isShort(text)).slice(0, 2);
  return texts.length ? texts : exampleTexts().slice(0, 2);
}

const isShort = (text) => Array.from(text).length <= MAX_CHARACTERS;

// Why the texts cannot be sent, or "".
function problemOf(texts) {
  if (texts.length === 0) return `Type at least one ${textNoun()}.`;
  if (texts.length > MAX_TEXTS) return `There are ${texts.length} ${textsNoun()}; send at most ${MAX_TEXTS} at once.`;
  const long = texts.findIndex((text) => !isShort(text));
  return long >= 0 ? `${capitalised(textNoun())} ${long + 1} is longer than ${MAX_CHARACTERS} characters.` : "";
}

// A foundation model reports no probabilities.
function barsOf(prediction) {
  if (!prediction.probabilities) return element("p", "quiet", "This model reports no probabilities.");
  const [row] = prediction.probabilities;
  const order = row.map((_, index) => index).sort((a, b) => row[b] - row[a]);
  const rows = order.map((index, rank) => (
    { name: prediction.labels[index], share: row[index], value: percent(row[index]), strong: rank === 0 }));
  const table = (caption, some) => barTable(element("span", "unseen", caption), ["Label", "Probability"], some);
  if (rows.length <= MOST_BARS) return table("Probability of each label", rows);
  const rest = rows.slice(MOST_BARS);
  return element("div", "", table("The most probable labels", rows.slice(0, MOST_BARS)),
    element("details", "", element("summary", "", `${rest.length} other labels`), table("The other labels", rest)));
}

function resultItem(text, prediction, position, requestId) {
  const best = prediction.probabilities ? percent(Math.max(...prediction.probabilities[0])) : "";
  const sure = prediction.uncertain ? `${best}, uncertain` : best;
  const answer = element("p", "answer", labelText(prediction.predicted_label), " ", element("span", "quiet", sure));
  const answered = { requestId, position, text, label: prediction.predicted_label, labels: prediction.labels };
  const control = feedbackControl(answered, (marked) => {
    answer.replaceChild(labelText(prediction.predicted_label, marked), answer.firstChild);
  });
  return element("li", "card", inTaskLanguage(element("p", "text", text)), answer, barsOf(prediction), control);
}

function draw(texts, answer, milliseconds) {
  learnLabels(answer.predictions[0].labels);
  byId("results").replaceChildren(
    ...answer.predictions.map((one, position) => resultItem(texts[position], one, position, answer.request_id)));
  byId("summary").textContent =
    `${countedTexts(texts.length)} by ${answer.model_version}: ${answer.latency_ms} ms in the API, `
    + `${Math.round(milliseconds)} ms for this page.`;
}

function refuse(sentence, field) {
  showNotice(byId("error"), new Error(sentence));
  byId(field).focus();
}

async function classify(event) {
  event.preventDefault();
  if (classifying) return;
  const texts = typedTexts();
  if (missing()) { refuse(missing(), "key"); return; }
  if (problemOf(texts)) { refuse(problemOf(texts), "texts"); return; }
  useKey();
  clearNotice(byId("error"));
  classifying = true;
  byId("classify-button").setAttribute("aria-disabled", "true");
  byId("summary").textContent = "Classifying …";
  try {
    const { document: answer, milliseconds } = await call("v1/classify", { body: { inputs: texts, top_k: ALL_LABELS } });
    draw(texts, answer, milliseconds);
  } catch (error) {
    byId("results").replaceChildren();
    byId("summary").textContent = "Nothing classified.";
    showNotice(byId("error"), error);
  } finally {
    classifying = false;
    byId("classify-button").removeAttribute("aria-disabled");
  }
}

function forget() {
  clearNotice(byId("error"));
  byId("results").replaceChildren();
  byId("summary").textContent = "Nothing classified yet.";
}

export function startClassify() {
  byId("form").addEventListener("submit", classify);
  byId("sample").addEventListener("click", () => { byId("texts").value = exampleTexts().join("\n"); byId("texts").focus(); });
  byId("texts").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("form").requestSubmit();
  });
}

// Results of another key cannot be corrected with this one.
export const classifyPanel = { show() {}, hide() {}, newKey: forget };
