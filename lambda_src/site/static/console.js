"use strict";
// The console page: sends the lines of the text field to the API that served it and draws the answer.
// Every URL is relative, because the API may stand under a prefix. Texts reach the page only through textContent.

const MAX_TEXTS = 64;
const MAX_CHARACTERS = 2000;
const KEY_SLOT = "rubric-api-key";
const EXAMPLES = [
  "Shares rally as the central bank holds interest rates",
  "Singer announces a world tour after her third award",
  "New study links regular sleep to a healthy heart",
  "Telescope finds water vapour on a distant planet",
];

const byId = (id) => document.getElementById(id);

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function percent(probability) {
  return (probability * 100).toFixed(1) + " %";
}

function showError(text) {
  const box = byId("error");
  box.textContent = text;
  box.hidden = text === "";
}

// The lines that are not blank, or a sentence that says why they cannot be sent.
function readTexts() {
  const texts = byId("texts").value.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  if (texts.length === 0) return { problem: "Type at least one headline." };
  if (texts.length > MAX_TEXTS) return { problem: `There are ${texts.length} headlines; at most ${MAX_TEXTS} can be sent at once.` };
  const long = texts.findIndex((text) => Array.from(text).length > MAX_CHARACTERS);
  if (long >= 0) return { problem: `Headline ${long + 1} is longer than ${MAX_CHARACTERS} characters.` };
  return { texts };
}

// What an unsuccessful response means, in one sentence for a person.
async function explain(response) {
  let sentence = `The API answered ${response.status}.`;
  let requestId = response.headers.get("x-request-id") || "";
  try {
    const problem = await response.json();
    sentence = problem.detail || problem.message || sentence;
    requestId = problem.request_id || requestId;
  } catch (error) {
    console.warn("the answer was not JSON", error);
  }
  const wait = response.headers.get("retry-after");
  if (wait) sentence += ` Try again in ${wait} s.`;
  return `${response.status}: ${sentence}` + (requestId ? ` (request ${requestId})` : "");
}

function barsOf(prediction) {
  const bars = element("div", "bars");
  // A Bedrock model states no probabilities.
  if (!prediction.probabilities) return bars;
  const row = prediction.probabilities[0];
  const order = row.map((_, index) => index).sort((a, b) => row[b] - row[a]);
  order.forEach((index, rank) => {
    const track = element("span", "track");
    track.setAttribute("aria-hidden", "true");
    const fill = element("span", rank === 0 ? "fill top" : "fill");
    fill.style.width = `${row[index] * 100}%`;
    track.append(fill);
    bars.append(element("span", "name", prediction.labels[index]), track, element("span", "value", percent(row[index])));
  });
  return bars;
}

function draw(texts, answer, milliseconds) {
  const items = answer.predictions.map((prediction, index) => {
    const item = element("li");
    const best = prediction.probabilities ? percent(Math.max(...prediction.probabilities[0])) : "";
    const line = element("p");
    line.append(element("span", "label", prediction.predicted_label), ` ${best}`);
    item.append(element("p", "text", texts[index]), line, barsOf(prediction));
    return item;
  });
  byId("results").replaceChildren(...items);
  const count = texts.length === 1 ? "1 headline" : `${texts.length} headlines`;
  byId("summary").textContent =
    `${count} by ${answer.model_version}: ${answer.latency_ms} ms in the API, ${Math.round(milliseconds)} ms for this page.`;
}

async function classify(event) {
  event.preventDefault();
  showError("");
  const key = byId("key").value.trim();
  const { texts, problem } = readTexts();
  if (!key) { showError("Type your API key."); byId("key").focus(); return; }
  if (problem) { showError(problem); byId("texts").focus(); return; }
  sessionStorage.setItem(KEY_SLOT, key);
  const button = byId("classify");
  button.disabled = true;
  byId("summary").textContent = "Classifying …";
  const started = performance.now();
  try {
    const response = await fetch("v1/classify", {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": key },
      body: JSON.stringify({ inputs: texts }),
    });
    if (!response.ok) throw new Error(await explain(response));
    draw(texts, await response.json(), performance.now() - started);
  } catch (error) {
    byId("summary").textContent = "Nothing classified.";
    byId("results").replaceChildren();
    const offline = error instanceof TypeError;
    showError(offline ? "The API cannot be reached, or the key has characters that a header cannot carry." : error.message);
  } finally {
    button.disabled = false;
  }
}

async function sayHealth() {
  const about = byId("about");
  try {
    const response = await fetch("health");
    if (!response.ok) throw new Error(await explain(response));
    const health = await response.json();
    const model = health.model_version ? `model ${health.model_version}` : "no approved model yet";
    about.textContent = `Environment ${health.environment}, ${model}.`;
  } catch (error) {
    about.textContent = `The API does not answer: ${error.message}`;
  }
}

function toggleKey() {
  const field = byId("key");
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  byId("reveal").textContent = shown ? "Show" : "Hide";
  byId("reveal").setAttribute("aria-pressed", String(!shown));
}

byId("key").value = sessionStorage.getItem(KEY_SLOT) || "";
byId("form").addEventListener("submit", classify);
byId("reveal").addEventListener("click", toggleKey);
byId("sample").addEventListener("click", () => { byId("texts").value = EXAMPLES.join("\n"); byId("texts").focus(); });
byId("texts").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("form").requestSubmit();
});
sayHealth();
