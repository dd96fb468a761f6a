// Feedback: one click stores a text's correct label; another click changes it.

import { button, element } from "./dom.js";
import { call, explain } from "./api.js";

const MOST_BUTTONS = 8;

// answered: {requestId, position, text, label, labels, marked}. onMarked(label) receives the stored label.
export function feedbackControl(answered, onMarked) {
  const group = element("div", "feedback");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", `Correct label of: ${answered.text || "this text"}`);
  const statusLine = element("span", "said quiet");
  statusLine.setAttribute("role", "status");
  const buttons = new Map();
  let busy = false;

  const press = (label) => {
    for (const [name, node] of buttons) node.setAttribute("aria-pressed", String(name === label));
  };
  const send = async (label) => {
    if (busy) return;
    busy = true;
    statusLine.textContent = "Saving …";
    try {
      const body = { request_id: answered.requestId, position: answered.position, label };
      const { document: stored } = await call("v1/feedback", { body });
      press(stored.label);
      statusLine.textContent = stored.correct ? "Saved: the answer was right." : `Saved: the correct label is ${stored.label}.`;
      onMarked(stored.label);
    } catch (error) {
      statusLine.textContent = `Not saved: ${explain(error)}`;
    } finally {
      busy = false;
    }
  };
  const choice = (label, text) => {
    const node = button("choice", text, () => send(label));
    buttons.set(label, node);
    return node;
  };

  const others = answered.labels.filter((label) => label !== answered.label);
  group.append(choice(answered.label, "Right"), element("span", "quiet", "Wrong, it is"));
  if (others.length <= MOST_BUTTONS) group.append(...others.map((label) => choice(label, label)));
  else group.append(...menu(others, send));
  group.append(statusLine);
  if (answered.marked) press(answered.marked);
  return group;
}

function menu(labels, send) {
  const select = element("select", "", ...labels.map((label) => new Option(label, label)));
  select.setAttribute("aria-label", "The correct label");
  return [select, button("choice", "Save", () => send(select.value))];
}

// A text's predicted label, and the correct one if somebody gave feedback.
export function labelText(label, marked) {
  const line = element("span", "label");
  if (!marked || marked === label) {
    line.append(label);
    if (marked) line.append(" ", element("span", "confirmed", "confirmed"));
    return line;
  }
  line.append(element("del", "", label), element("span", "unseen", " corrected to "), " ", element("ins", "", marked));
  return line;
}
