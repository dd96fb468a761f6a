// The labels that the page has seen, for the filter of the log.

import { byId } from "./dom.js";

export function learnLabels(labels) {
  const select = byId("requests-label");
  const known = new Set(Array.from(select.options, (option) => option.value));
  const fresh = labels.filter((label) => !known.has(label));
  if (!fresh.length) return;
  const chosen = select.value;
  const [all, ...others] = Array.from(select.options);
  const sorted = [...others, ...fresh.map((label) => new Option(label, label))];
  sorted.sort((one, other) => one.value.localeCompare(other.value));
  select.replaceChildren(all, ...sorted);
  select.value = chosen;
}
