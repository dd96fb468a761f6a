// API_URL=https://... API_KEY=rk_... node classify.mjs (Node 20 or newer, nothing to install)
import { setTimeout as pause } from "node:timers/promises";

const API_URL = process.env.API_URL.replace(/\/$/, "");
const API_KEY = process.env.API_KEY;
const RETRIED = new Set([409, 429, 502, 503, 504]);
const TRIES = 5;
const LONGEST_WAIT = 60; // seconds; the program does not wait for the next day's quota

/** An error answer: `status`, and `type` for programs, such as `urn:rubric:problem:invalid-input`. */
class ApiError extends Error {
  constructor(status, problem) {
    super(`${status} ${problem.detail ?? problem.message}`);
    this.status = status;
    this.type = problem.type ?? "";
  }
}

/** The answer's JSON; retries errors that may pass. Throws ApiError, or fetch's error when the API cannot be reached. */
async function call(method, path, body) {
  // Each try has the same key, so a request whose answer was lost is not done twice.
  const headers = { "x-api-key": API_KEY, "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
  for (let attempt = 0; ; attempt++) {
    const last = attempt + 1 === TRIES;
    let wait = 2 ** attempt;
    try {
      const answer = await fetch(API_URL + path, {
        method,
        headers,
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(30_000),
      });
      if (answer.ok) return await answer.json();
      wait = Number(answer.headers.get("retry-after") ?? wait);
      if (last || wait > LONGEST_WAIT || !RETRIED.has(answer.status)) {
        throw new ApiError(answer.status, await answer.json());
      }
    } catch (error) {
      if (last || error instanceof ApiError) throw error; // else: no connection, or no answer in time
    }
    await pause((wait + Math.random()) * 1000);
  }
}

const headlines = [
  "Shares rally as the central bank holds rates",
  "New vaccine cuts flu cases among children",
  "Astronomers spot a planet with water clouds",
];
const answer = await call("POST", "/v1/classify", { inputs: headlines }); // at most 64 texts per request
answer.predictions.forEach((prediction, index) => {
  // A foundation model (`backend` is "bedrock") returns no probabilities.
  const [row] = prediction.probabilities ?? [[]];
  const sure = row.length ? `${Math.round(100 * Math.max(...row))}%` : "-";
  console.log(`${prediction.predicted_label}\t${sure}\t${headlines[index]}`);
});

const right = answer.predictions[1].predicted_label;
const given = await call("POST", "/v1/feedback", { request_id: answer.request_id, position: 1, label: right });
console.log(`feedback\t${given.label}\tcorrect: ${given.correct}`);

const logged = await call("GET", `/v1/requests/${answer.request_id}`);
console.log(`logged\t${logged.texts.length} texts`);

try {
  await call("POST", "/v1/classify", { inputs: [] });
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  console.log(`refused\t${error.type}\t${error.message}`);
}
