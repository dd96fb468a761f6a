"use strict";
// The contract as a page: shows the openapi.json of the API that served it, and sends requests to that API.
// Every URL is relative, because the API may be under a path prefix. Texts reach the page only through textContent.

const KEY_SLOT = "rubric-api-key";
const METHODS = ["get", "post", "put", "patch", "delete"];
const DEEPEST = 8;
let contract = {};

const byId = (id) => document.getElementById(id);

function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

// `code` in a description is set as code; an empty line starts a paragraph.
function prose(text) {
  return (text || "").trim().split(/\n\s*\n/).filter((part) => part !== "").map((part) => {
    const pieces = part.split("`").map((piece, index) => (index % 2 ? element("code", "", piece) : piece));
    return element("p", "", ...pieces);
  });
}

// A node, or the node it refers to.
function follow(node) {
  while (node && node.$ref) node = node.$ref.slice(2).split("/").reduce((found, name) => found[name], contract);
  return node || {};
}

function limits(schema) {
  const said = [];
  const between = (low, high, unit) => {
    if (low !== undefined && high !== undefined) said.push(`${low} to ${high}${unit}`);
    else if (low !== undefined) said.push(`at least ${low}${unit}`);
    else if (high !== undefined) said.push(`at most ${high}${unit}`);
  };
  between(schema.minLength, schema.maxLength, " characters");
  between(schema.minimum, schema.maximum, "");
  between(schema.minItems, schema.maxItems, " items");
  if (schema.format) said.push(schema.format);
  if (schema.pattern) said.push(`matches ${schema.pattern}`);
  if (schema.default !== undefined) said.push(`default ${JSON.stringify(schema.default)}`);
  return said;
}

function typeOf(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (schema.oneOf || schema.anyOf) return "one of";
  if (Array.isArray(schema.type)) return schema.type.join(" or ");
  return schema.type || (schema.properties || schema.allOf ? "object" : "any");
}

// A schema as a list: each property with its type, limits and description.
function shape(node, depth = 0) {
  const schema = follow(node);
  const box = element("div", "shape");
  box.append(element("span", "type", [typeOf(schema), ...limits(schema)].join(", ")));
  if (depth === DEEPEST) return box;
  const parts = schema.oneOf || schema.anyOf || schema.allOf || [];
  const items = parts.map((part) => element("li", "", shape(part, depth + 1)));
  for (const [name, property] of Object.entries(schema.properties || {})) {
    const needed = (schema.required || []).includes(name);
    const line = element("li", "", element("code", "", name), needed ? " (always) " : " ", shape(property, depth + 1));
    const words = property.description || follow(property).description;
    if (words) line.append(element("div", "quiet", ...prose(words)));
    items.push(line);
  }
  if (schema.items) items.push(element("li", "", "each: ", shape(schema.items, depth + 1)));
  if (schema.additionalProperties && schema.additionalProperties !== true) {
    items.push(element("li", "", "each value: ", shape(schema.additionalProperties, depth + 1)));
  }
  if (items.length) box.append(element("ul", "", ...items));
  return box;
}

function labelled(id, text, control, help) {
  const label = element("label", "", text);
  label.htmlFor = id;
  control.id = id;
  return element("div", "field", label, control, ...(help ? [element("div", "quiet", ...prose(help))] : []));
}

function parameterFields(operation, id) {
  return (operation.parameters || []).map(follow).map((parameter) => {
    const input = element("input");
    input.spellcheck = false;
    input.required = Boolean(parameter.required);
    const schema = follow(parameter.schema);
    const words = [parameter.description, [typeOf(schema), ...limits(schema)].join(", ")].filter(Boolean).join("\n\n");
    const where = `${parameter.name} (${parameter.in}${parameter.required ? ", required" : ""})`;
    return { parameter, input, node: labelled(`${id}-${parameter.in}-${parameter.name}`, where, input, words) };
  });
}

function bodyField(operation, id) {
  const media = ((operation.requestBody || {}).content || {})["application/json"];
  if (!media) return null;
  const area = element("textarea");
  area.rows = 5;
  area.spellcheck = false;
  const nodes = [labelled(`${id}-body`, "Body (application/json)", area)];
  const examples = Object.values(media.examples || {});
  if (examples.length) {
    const buttons = examples.map((example) => {
      const button = element("button", "plain", example.summary || "Example");
      button.type = "button";
      button.addEventListener("click", () => { area.value = JSON.stringify(example.value, null, 2); });
      return button;
    });
    area.value = JSON.stringify(examples[0].value, null, 2);
    nodes.push(element("div", "row", ...buttons));
  }
  nodes.push(element("details", "", element("summary", "", "Fields of the body"), shape(media.schema)));
  return { area, node: element("div", "", ...nodes) };
}

function answers(operation) {
  const rows = Object.entries(operation.responses).map(([status, node]) => {
    const answer = follow(node);
    const details = element("details", "", element("summary", "", element("code", "", status), " ", ...firstWords(answer.description)));
    for (const [name, header] of Object.entries(answer.headers || {})) {
      details.append(element("p", "quiet", element("code", "", name), ` ${follow(header).description || ""}`));
    }
    for (const [kind, media] of Object.entries(answer.content || {})) {
      details.append(element("p", "quiet", kind), shape(media.schema));
    }
    return details;
  });
  return element("div", "answers", element("h4", "", "Answers"), ...rows);
}

function firstWords(text) {
  return prose(text).flatMap((paragraph) => [...paragraph.childNodes, " "]);
}

// The request as entered in the form: {url, options}, relative to this page.
function requestOf(method, path, fields, body, key) {
  const query = new URLSearchParams();
  const headers = {};
  let filled = path;
  for (const { parameter, input } of fields) {
    const value = input.value.trim();
    if (parameter.in === "path") filled = filled.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value !== "" && parameter.in === "query") query.set(parameter.name, value);
    else if (value !== "") headers[parameter.name] = value;
  }
  if (key) headers["x-api-key"] = key;
  if (body) headers["content-type"] = "application/json";
  const search = query.toString();
  return {
    url: `.${filled}${search ? `?${search}` : ""}`,
    options: { method: method.toUpperCase(), headers, ...(body ? { body: body.area.value } : {}) },
  };
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curlOf({ url, options }) {
  const parts = [`curl -i ${quoted(new URL(url, document.baseURI).href)}`];
  if (options.method !== "GET") parts.push(`-X ${options.method}`);
  for (const [name, value] of Object.entries(options.headers)) {
    parts.push(name === "x-api-key" ? '-H "x-api-key: $KEY"' : `-H ${quoted(`${name}: ${value}`)}`);
  }
  if (options.body !== undefined) parts.push(`--data-raw ${quoted(options.body)}`);
  return parts.join(" \\\n  ");
}

async function send(request, output) {
  const curl = element("pre", "", curlOf(request));
  output.replaceChildren(element("p", "quiet", "Sent:"), curl, element("p", "", "Waiting …"));
  const started = performance.now();
  try {
    const response = await fetch(request.url, request.options);
    const text = await response.text();
    const took = Math.round(performance.now() - started);
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    output.replaceChildren(
      element("p", "quiet", "Sent:"), curl,
      element("p", response.ok ? "good" : "bad", `${response.status} ${response.statusText} after ${took} ms`),
      element("pre", "", headers), element("pre", "", pretty(text)),
    );
  } catch (error) {
    output.replaceChildren(curl, element("p", "bad", `The API cannot be reached, or the request cannot be sent: ${error.message}`));
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text.length > 20000 ? `${text.slice(0, 20000)} …` : text;
  }
}

function operationBox(path, method, operation) {
  const id = operation.operationId;
  const keyed = (operation.security || contract.security || []).length > 0;
  const fields = parameterFields(operation, id);
  const body = bodyField(operation, id);
  const output = element("div", "output");
  output.setAttribute("role", "status");
  const button = element("button", "", "Send");
  button.type = "submit";
  const form = element("form", "", ...fields.map((field) => field.node), ...(body ? [body.node] : []), button, output);
  form.autocomplete = "off";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const key = keyed ? byId("key").value.trim() : "";
    sessionStorage.setItem(KEY_SLOT, byId("key").value.trim());
    button.disabled = true;
    await send(requestOf(method, path, fields, body, key), output);
    button.disabled = false;
  });
  const heading = element("summary", "operation", element("span", `method ${method}`, method.toUpperCase()), " ",
    element("code", "", path), " ", element("span", "", operation.summary || ""), keyed ? element("span", "quiet", " needs a key") : "");
  const box = element("details", "card", heading, ...prose(operation.description), form, answers(operation));
  box.id = id;
  return box;
}

function draw() {
  byId("title").textContent = `${contract.info.title} API ${contract.info.version}`;
  byId("about").replaceChildren(...prose(contract.info.description));
  const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ path, method, operation: item[method] })));
  const sections = contract.tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(tag.name));
    return element("section", "", element("h2", "", tag.name), ...prose(tag.description),
      ...own.map(({ path, method, operation }) => operationBox(path, method, operation)));
  });
  byId("operations").replaceChildren(...sections);
  const wanted = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
  if (wanted) wanted.open = true;
}

async function start() {
  try {
    const response = await fetch("openapi.json");
    if (!response.ok) throw new Error(`the API answered ${response.status}`);
    contract = await response.json();
    draw();
  } catch (error) {
    byId("error").textContent = `The contract cannot be read: ${error.message}.`;
    byId("error").hidden = false;
  }
}

byId("key").value = sessionStorage.getItem(KEY_SLOT) || "";
byId("reveal").addEventListener("click", () => {
  const hidden = byId("key").type === "password";
  byId("key").type = hidden ? "text" : "password";
  byId("reveal").textContent = hidden ? "Hide" : "Show";
  byId("reveal").setAttribute("aria-pressed", String(hidden));
});
start();
