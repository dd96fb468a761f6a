// The labels that the page has seen, for the filter of the log.

import { byId } from "./dom.js";

export function learnLabels(labels) {
  const select = byId("requests-label");
  const known = new Set(Array.from(select.options, (option) => option.value));
  for (const label of labels) {
    if (!known.has(label)) select.add(new Option(label, label));
  }
}
