// Error notices, shown in the section where the answer would have been.

import { element } from "./dom.js";
import { ApiError, explain } from "./api.js";
import { markKey } from "./session.js";

const countdowns = new Map();

export function clearNotice(box) {
  clearInterval(countdowns.get(box));
  box.hidden = true;
  box.replaceChildren();
}

// `lead` says what cannot be shown.
export function showNotice(box, error, lead = "") {
  clearNotice(box);
  const sentence = element("p", "", [lead, explain(error)].filter(Boolean).join(" "));
  sentence.setAttribute("role", "alert");
  box.hidden = false;
  box.append(sentence);
  if (!(error instanceof ApiError)) return;
  if (error.status === 401 || /^key-(revoked|expired)$/.test(error.kind)) markKey(true);
  if (error.wait) countDown(box, error.wait);
  const id = error.requestId ? `, request ${error.requestId}` : "";
  box.append(element("p", "quiet", `Status ${error.status}${id}`));
}

// The countdown changes on screen only: screen readers have announced the seconds once.
function countDown(box, seconds) {
  const until = Date.now() + seconds * 1000;
  const line = element("p", "wait");
  const unit = (left) => (left === 1 ? "second" : "seconds");
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    line.textContent = left > 0 ? `Try again in ${left} ${unit(left)}.` : "You can try again now.";
    if (left <= 0) clearInterval(countdowns.get(box));
  };
  box.firstChild.append(element("span", "unseen", ` Try again in ${seconds} ${unit(seconds)}.`));
  line.setAttribute("aria-hidden", "true");
  tick();
  countdowns.set(box, setInterval(tick, 250));
  box.append(line);
}
