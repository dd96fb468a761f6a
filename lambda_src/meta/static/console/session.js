// The caller's credentials: an API key, or a bearer token if the API uses tokens. It stays in this tab's session.

import { byId } from "./dom.js";

const KEY_SLOT = "rubric-api-key";
const listeners = [];
let scheme = "keys";
let used = "";

export const authScheme = () => scheme;

export const credentialName = () => (scheme === "jwt" ? "access token" : "API key");

export const credential = () => byId("key").value.trim();

// Headers with the credentials.
export function authorization() {
  const key = credential();
  if (!key || scheme === "iam") return {};
  return scheme === "jwt" ? { authorization: `Bearer ${key}` } : { "x-api-key": key };
}

// Why nothing can be sent, or "".
export function missing() {
  if (!credential()) return `Type your ${credentialName()} first.`;
  if (!/^[\x21-\x7e]+$/.test(credential())) return `This is not a valid ${credentialName()}: it contains spaces or characters that are not allowed. Copy it again.`;
  return "";
}

// keys, jwt or iam, from the contract of this API.
export function schemeOf(contract) {
  const schemes = Object.values((contract.components || {}).securitySchemes || {});
  if (schemes.some((one) => one["x-amazon-apigateway-authtype"])) return "iam";
  return schemes.some((one) => one.type === "openIdConnect" || one.scheme === "bearer") ? "jwt" : "keys";
}

export function setScheme(found) {
  scheme = found;
  byId("key-form").hidden = scheme === "iam";
  byId("unsigned").hidden = scheme !== "iam";
  if (scheme === "jwt") {
    byId("key-label").textContent = "Access token";
    byId("reveal").setAttribute("aria-label", "Show the token");
  }
}

// `listener` is called when the key changes.
export const onNewKey = (listener) => listeners.push(listener);

// Whether the key was refused.
export function markKey(isBad) {
  if (isBad) byId("key").setAttribute("aria-invalid", "true");
  else byId("key").removeAttribute("aria-invalid");
}

export function useKey() {
  if (credential() === used) return;
  used = credential();
  sessionStorage.setItem(KEY_SLOT, used);
  markKey(false);
  for (const listener of listeners) listener();
}

function toggleKey() {
  const shown = byId("key").type === "text";
  byId("key").type = shown ? "password" : "text";
  byId("reveal").textContent = shown ? "Show" : "Hide";
  byId("reveal").setAttribute("aria-pressed", String(!shown));
}

export function startSession() {
  byId("key").value = used = sessionStorage.getItem(KEY_SLOT) || "";
  byId("key").addEventListener("change", useKey);
  byId("key").addEventListener("input", () => markKey(false));
  byId("key-form").addEventListener("submit", (event) => { event.preventDefault(); useKey(); });
  byId("reveal").addEventListener("click", toggleKey);
}
