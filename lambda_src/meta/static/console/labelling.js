// People label texts: one keystroke a label, the model's answer only afterwards, in an order that says nothing.

import { byId, button, counted, element, percent } from "./dom.js";
import { call } from "./api.js";
import { clearNotice, showNotice } from "./notices.js";
import { credential, credentialName, missing } from "./session.js";
import { drawAgreement } from "./agreement.js";
import { inTaskLanguage } from "./task.js";

const BATCH = 20;
const MOST = 100; // texts of one request
const KEYS = "1234567890abcdefghijklmnopqrstuvwxyz";
const MOST_MATCHES = 12;
const NAME_SLOT = "rubric-labeller";
const LONGEST_SHOWN = 60;

let queue = [];
let chosen = []; // what was labelled, for undo: {entry, label}
let skipped = new Set();
let stored = 0;
let revising = null; // the label to change, of the first text in the queue
let sending = Promise.resolve();
let asking = null;

const keyOf = (entry) => `${entry.request_id}#${entry.position}`;

const shortened = (text) => (text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)} …` : text);

const labellerName = () => byId("labeller").value.trim();

function summarise(text) {
  if (byId("label-summary").textContent !== text) byId("label-summary").textContent = text;
}

function sayProgress() {
  if (queue.length) summarise(`${counted(stored, "text")} labelled since you started; ${queue.length} left in this part of the queue.`);
}

// The labels that the typed text matches, those that begin with it first.
function matches(labels, typed) {
  const wanted = typed.toLowerCase();
  const rank = (label) => (label.toLowerCase().startsWith(wanted) ? 0 : 1);
  return labels.filter((label) => label.toLowerCase().includes(wanted)).sort((a, b) => rank(a) - rank(b));
}

function choiceOf(label, key) {
  const hint = key ? [element("kbd", "", key), " "] : [];
  const node = button("choice", "", () => choose(label));
  node.append(...hint, label);
  if (revising !== null) node.setAttribute("aria-pressed", String(label === revising));
  return node;
}

function drawChoices() {
  const box = byId("label-choices");
  const { labels } = queue[0];
  const many = labels.length > KEYS.length;
  byId("label-filter-field").hidden = !many;
  if (!many) {
    box.replaceChildren(...labels.map((label, index) => choiceOf(label, KEYS[index])));
    return;
  }
  const found = matches(labels, byId("label-filter").value.trim());
  box.replaceChildren(...found.slice(0, MOST_MATCHES).map((label) => choiceOf(label, "")),
    ...(found.length > MOST_MATCHES ? [element("span", "quiet", `and ${found.length - MOST_MATCHES} more`)] : []));
}

function helpText() {
  if (queue[0].labels.length > KEYS.length) return "Type a part of the label and press Enter. With nothing typed, Backspace goes back and the right arrow skips.";
  return "Press a label's key while the focus is in this box. Backspace goes back, the right arrow skips.";
}

// The focus stays in the card, whose buttons are drawn anew for each text.
function draw({ focus = false } = {}) {
  const card = byId("label-card");
  const inside = focus || card.contains(document.activeElement);
  card.hidden = queue.length === 0;
  byId("label-undo").disabled = chosen.length === 0;
  if (!queue.length) return;
  byId("label-filter").value = "";
  inTaskLanguage(byId("label-text")).textContent = queue[0].text;
  byId("label-note").textContent = revising === null ? "" : `You said ${revising}. Choose again, or skip to keep it.`;
  byId("label-help").textContent = helpText();
  drawChoices();
  sayProgress();
  if (inside) (byId("label-filter-field").hidden ? card : byId("label-filter")).focus();
}

function sayAnswer(entry, given) {
  const sure = given.confidence === null ? "" : ` (${percent(given.confidence)})`;
  const model = given.agrees ? "the model agrees" : `the model said ${given.predicted_label}`;
  const sample = given.sample === "audit" ? ", from the audit sample" : "";
  const waits = given.trusted !== false ? "" : " Your key is not trusted: the text waits for a label of one that is.";
  byId("label-last").replaceChildren(`“${shortened(entry.text)}”${sample}: you said ${given.label}, ${model}${sure}.${waits}`);
}

async function send(entry, label, isNew) {
  const body = { request_id: entry.request_id, position: entry.position, label };
  if (labellerName()) body.labeller = labellerName();
  if (entry.sample !== "audit") body.sample = entry.sample;
  try {
    const { document: given } = await call("v1/labels", { body });
    if (isNew) stored += 1;
    clearNotice(byId("label-error"));
    sayAnswer(entry, given);
    sayProgress();
  } catch (error) {
    chosen = chosen.filter((one) => one.entry !== entry);
    // A text that is gone meanwhile cannot be labelled by anybody.
    if (error.status !== 404) {
      queue.unshift(entry);
      revising = null;
    }
    showNotice(byId("label-error"), error, `“${shortened(entry.text)}” was not labelled.`);
    draw();
  }
}

function choose(label) {
  const entry = queue.shift();
  const isNew = !chosen.some((one) => one.entry === entry);
  chosen = [...chosen.filter((one) => one.entry !== entry), { entry, label }];
  revising = null;
  sending = sending.then(() => send(entry, label, isNew));
  goOn();
}

function skip() {
  const entry = queue.shift();
  if (revising === null) skipped.add(keyOf(entry));
  revising = null;
  goOn();
}

function undo() {
  if (!chosen.length) return;
  // A second step back leaves the first one's label as it is.
  if (revising !== null) queue.shift();
  const last = chosen.pop();
  chosen.unshift(last);
  queue.unshift(last.entry);
  revising = last.label;
  draw({ focus: true });
}

function goOn() {
  if (queue.length) draw();
  else load({ focus: byId("label-card").contains(document.activeElement) });
}

// The queue's next part. Texts that were skipped would come again: they are asked for besides, and left out.
async function load({ focus = false } = {}) {
  if (asking) asking.abort();
  const mine = asking = new AbortController();
  summarise("Loading texts …");
  byId("label-card").hidden = true;
  await sending;
  if (mine !== asking) return;
  const query = { limit: Math.min(BATCH + skipped.size, MOST) };
  if (labellerName()) query.labeller = labellerName();
  try {
    const { document: page } = await call("v1/queue", { query, signal: mine.signal });
    // What could not be stored is back in the queue already.
    const waiting = new Set(queue.map(keyOf));
    const fresh = page.texts.filter((entry) => !skipped.has(keyOf(entry)) && !waiting.has(keyOf(entry)));
    queue = [...queue, ...fresh.map((entry) => ({ ...entry, labels: page.label_lists[entry.label_list] }))];
    draw({ focus });
    if (!queue.length) sayEmpty();
    await drawAgreement(labellerName(), mine.signal);
  } catch (error) {
    if (mine !== asking || error.name === "AbortError") return;
    summarise("");
    showNotice(byId("label-error"), error, "The queue cannot be shown.");
  }
}

function sayEmpty() {
  const left = skipped.size ? ` You skipped ${counted(skipped.size, "text")}: start again to see them.` : "";
  summarise(`${counted(stored, "text")} labelled since you started. No other text is waiting for you.${left}`);
}

function forget() {
  queue = [];
  chosen = [];
  skipped = new Set();
  stored = 0;
  revising = null;
  byId("label-card").hidden = true;
  byId("label-last").textContent = "";
  byId("label-figures").replaceChildren();
  clearNotice(byId("label-error"));
}

function start(event) {
  event.preventDefault();
  sessionStorage.setItem(NAME_SLOT, labellerName());
  forget();
  if (missing()) {
    showNotice(byId("label-error"), new Error(missing()));
    byId("key").focus();
    return;
  }
  load({ focus: true });
}

// Single keys work only while the focus is in the card (WCAG 2.1.4).
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !queue.length) return;
  const filter = byId("label-filter");
  const typing = event.target === filter;
  if (typing && event.key === "Enter") {
    event.preventDefault();
    const [first] = matches(queue[0].labels, filter.value.trim());
    if (first !== undefined && filter.value.trim()) choose(first);
    return;
  }
  if (typing && filter.value !== "") return;
  if (event.key === "Backspace") undo();
  else if (event.key === "ArrowRight") skip();
  else {
    const label = typing || event.repeat || event.key.length !== 1 ? undefined : queue[0].labels[KEYS.indexOf(event.key.toLowerCase())];
    if (label === undefined || byId("label-filter-field").hidden === false) return;
    choose(label);
  }
  event.preventDefault();
}

async function show() {
  if (!credential()) {
    forget();
    summarise(`Type your ${credentialName()} above to label texts.`);
    return;
  }
  if (queue.length || chosen.length) return;
  summarise("Start when you are ready: you see a text and choose its label, then you see what the model had said.");
  if (asking) asking.abort();
  const mine = asking = new AbortController();
  try {
    await drawAgreement(labellerName(), mine.signal);
  } catch (error) {
    if (mine !== asking || error.name === "AbortError") return;
    summarise("");
    showNotice(byId("label-error"), error, "The labels cannot be shown.");
  }
}

export function startLabelling() {
  byId("labeller").value = sessionStorage.getItem(NAME_SLOT) || "";
  byId("labeller-form").addEventListener("submit", start);
  byId("label-card").addEventListener("keydown", onKey);
  byId("label-filter").addEventListener("input", drawChoices);
  byId("label-undo").addEventListener("click", undo);
  byId("label-skip").addEventListener("click", skip);
}

export const labellingPanel = {
  show,
  hide() { if (asking) asking.abort(); },
  newKey() { forget(); show(); },
};
