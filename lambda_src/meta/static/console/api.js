// Requests to the API that served this page. URLs are relative, because the API may be under a path prefix.

import { authorization } from "./session.js";

const AT_ONCE = 2;
let running = 0;
const waiting = [];

// An answer that is not a success: problem details, or the gateway's own short message.
export class ApiError extends Error {
  constructor(response, document) {
    super((document && (document.detail || document.message)) || `The API answered ${response.status}.`);
    this.status = response.status;
    this.kind = ((document && document.type) || "").replace("urn:rubric:problem:", "");
    this.requestId = (document && document.request_id) || response.headers.get("x-request-id") || "";
    this.wait = Number(response.headers.get("retry-after")) || 0;
  }
}

async function takeTurn() {
  if (running < AT_ONCE) running += 1;
  else await new Promise((resolve) => waiting.push(resolve));
}

function giveTurn() {
  const next = waiting.shift();
  if (next) next();
  else running -= 1;
}

// {document, headers, milliseconds} of a successful request; throws ApiError, or TypeError if nothing answers.
export async function call(path, { body, query, keyed = true, signal } = {}) {
  const search = new URLSearchParams(query).toString();
  const options = { headers: keyed ? authorization() : {}, cache: "no-store", signal };
  if (body !== undefined) {
    options.method = "POST";
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  await takeTurn();
  try {
    const started = performance.now();
    const response = await fetch(path + (search ? `?${search}` : ""), options);
    const text = await response.text();
    const milliseconds = performance.now() - started;
    const document = parsed(text);
    if (!response.ok) throw new ApiError(response, document);
    if (document === null) throw new TypeError("the answer is not JSON");
    return { document, headers: response.headers, milliseconds };
  } finally {
    giveTurn();
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// What went wrong, as a sentence for the user.
export function explain(error) {
  if (error instanceof ApiError) return error.message;
  if (error instanceof TypeError) {
    return navigator.onLine ? "The API cannot be reached. Is it running, and are you connected?" : "You are offline.";
  }
  return error.message;
}
