// The sections as tabs: arrow keys move between them, the URL names the open one.

import { byId } from "./dom.js";

let panels = {};
let open = "";

const tabOf = (name) => byId(`tab-${name}`);

function select(name, { focus = false } = {}) {
  if (name !== open) {
    for (const other of Object.keys(panels)) {
      const chosen = other === name;
      tabOf(other).setAttribute("aria-selected", String(chosen));
      tabOf(other).tabIndex = chosen ? 0 : -1;
      byId(`panel-${other}`).hidden = !chosen;
    }
    if (open) {
      panels[open].hide();
      history.replaceState(null, "", `#${name}`);
    }
    open = name;
    panels[name].show();
  }
  if (focus) tabOf(name).focus();
}

function onKey(event) {
  const names = Object.keys(panels).filter((name) => !tabOf(name).hidden);
  const at = names.indexOf(open);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  select(names[(to + names.length) % names.length], { focus: true });
}

// Only `name` is left.
export function keepTab(name) {
  for (const other of Object.keys(panels)) tabOf(other).hidden = other !== name;
  select(name);
}

export function renewTab() {
  panels[open].newKey();
}

function fromAddress() {
  const name = location.hash.slice(1);
  return name in panels && !tabOf(name).hidden ? name : Object.keys(panels).find((one) => !tabOf(one).hidden);
}

export function startTabs(tabPanels) {
  panels = tabPanels;
  byId("tabs").addEventListener("keydown", onKey);
  for (const name of Object.keys(panels)) tabOf(name).addEventListener("click", () => select(name));
  addEventListener("hashchange", () => { if (location.hash !== "#main") select(fromAddress()); });
  select(fromAddress());
}
