// The environment, the model and whether they answer, in the page's header.

import { byId } from "./dom.js";
import { ApiError, call } from "./api.js";

const EVERY_SECONDS_OF_HEALTH = 60;

async function ask() {
  try {
    return { ...(await call("health", { keyed: false, query: { deep: true } })).document, well: true };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 503) throw error;
    return { ...(await call("health", { keyed: false })).document, well: false };
  }
}

function say(state, text) {
  byId("health-mark").className = `mark ${state}`;
  if (byId("health-text").textContent !== text) byId("health-text").textContent = text;
}

async function sayHealth() {
  try {
    const { environment, model_version: version, well } = await ask();
    byId("environment").hidden = false;
    byId("environment").textContent = environment;
    if (!version) say("bad", "No approved model yet");
    else say(well ? "good" : "bad", well ? `Healthy: ${version}` : `The model does not answer: ${version}`);
  } catch (error) {
    say("bad", error instanceof ApiError ? `The API answered ${error.status}` : "The API cannot be reached");
  }
}

export function startHealth() {
  const again = () => { if (!document.hidden) sayHealth(); };
  setInterval(again, EVERY_SECONDS_OF_HEALTH * 1000);
  addEventListener("online", sayHealth);
  addEventListener("offline", () => say("bad", "You are offline"));
  return sayHealth();
}
