// One click says which label a text should have had; another click says otherwise.

import { button, element } from "./dom.js";
import { call, explain } from "./api.js";

const MOST_BUTTONS = 8;

// answered: {requestId, position, text, label, labels, marked}. onMarked(label) is told what is stored now.
export function feedbackControl(answered, onMarked) {
  const group = element("div", "feedback");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", `Right label of: ${answered.text || "this text"}`);
  const said = element("span", "said quiet");
  said.setAttribute("role", "status");
  const buttons = new Map();
  let busy = false;

  const press = (label) => {
    for (const [name, node] of buttons) node.setAttribute("aria-pressed", String(name === label));
  };
  const send = async (label) => {
    if (busy) return;
    busy = true;
    said.textContent = "Saving …";
    try {
      const body = { request_id: answered.requestId, position: answered.position, label };
      const { document: stored } = await call("v1/feedback", { body });
      press(stored.label);
      said.textContent = stored.correct ? "Saved: the answer was right." : `Saved: it is ${stored.label}.`;
      onMarked(stored.label);
    } catch (error) {
      said.textContent = `Not saved: ${explain(error)}`;
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
  group.append(said);
  if (answered.marked) press(answered.marked);
  return group;
}

function menu(labels, send) {
  const select = element("select", "", ...labels.map((label) => new Option(label, label)));
  select.setAttribute("aria-label", "The right label");
  return [select, button("choice", "Save", () => send(select.value))];
}

// The label that a text got, and the right one where somebody said it.
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
