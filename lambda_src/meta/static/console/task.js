// What the texts are called, which language they are in, and some to try: from the contract, which has the task's own words.

import { byId, grouped } from "./dom.js";

let task = { name: "", text_noun: "text", texts_noun: "texts", language: "", examples: [] };

// "a headline", "an entry".
export const aText = () => `${/^[aeiou]/i.test(task.text_noun) ? "an" : "a"} ${task.text_noun}`;
export const textNoun = () => task.text_noun;
export const textsNoun = () => task.texts_noun;
export const capitalised = (noun) => noun.charAt(0).toUpperCase() + noun.slice(1);
export const countedTexts = (count) => `${grouped(count)} ${count === 1 ? task.text_noun : task.texts_noun}`;
// Where the contract could not be read, one text has to do.
export const exampleTexts = () => (task.examples.length ? task.examples.map(({ text }) => text) : ["A short text"]);

// An element with a text of the task's, which a screen reader pronounces in its language.
export function inTaskLanguage(node) {
  if (task.language) node.lang = task.language;
  return node;
}

export function learnTask(contract) {
  task = contract.info["x-task"] ?? task;
  byId("texts-label").textContent = `${capitalised(task.texts_noun)}, one per line`;
  inTaskLanguage(byId("texts"));
  byId("task").textContent = task.name;
  byId("task").hidden = !task.name;
  if (task.name) document.title = `${task.name} – Rubric console`;
}
