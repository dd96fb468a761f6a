// Creates elements and formats figures. Texts reach the page only through textContent.

export const byId = (id) => document.getElementById(id);

// element("p", "quiet", "some", node, …): strings become text.
export function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

export function button(className, text, onClick) {
  const node = element("button", className, text);
  node.type = "button";
  node.addEventListener("click", onClick);
  return node;
}

// Words for screen readers only.
export const unseen = (text) => element("span", "unseen", text);

export const percent = (share) => `${(share * 100).toFixed(1)} %`;

export const grouped = (number) => number.toLocaleString("en");

export function counted(count, noun) {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

// A time from the API in the user's time zone.
export function localTime(text, options = { dateStyle: "medium", timeStyle: "medium" }) {
  const node = element("time", "", new Date(text).toLocaleString(undefined, options));
  node.dateTime = text;
  node.title = text;
  return node;
}

export function hoursAgo(hours) {
  return new Date(Date.now() - hours * 3600 * 1000).toISOString();
}

// A bar that fills `share` of its track; its value stands beside it as text.
export function bar(share, strong) {
  const fill = element("span", strong ? "fill strong" : "fill");
  fill.style.width = `${Math.min(1, Math.max(0, share)) * 100}%`;
  const track = element("span", "track", fill);
  track.setAttribute("aria-hidden", "true");
  return track;
}

// A table of bars: rows are {name, share, value, strong}; `caption` names what is counted.
export function barTable(caption, heads, rows, className = "bars") {
  const table = element("table", className, element("caption", "", caption));
  const titles = heads.map((head) => columnHead(head));
  titles.splice(1, 0, element("td"));
  table.append(element("thead", "unseen", element("tr", "", ...titles)));
  const body = rows.map(({ name, share, value, strong }) => {
    const head = element("th", "name", name);
    head.scope = "row";
    return element("tr", "", head, element("td", "", bar(share, strong)), element("td", "value", value));
  });
  table.append(element("tbody", "", ...body));
  return table;
}

export function columnHead(...children) {
  const head = element("th", "", ...children);
  head.scope = "col";
  return head;
}

export function definitions(pairs) {
  const list = element("dl", "facts");
  for (const [term, ...value] of pairs) list.append(element("div", "", element("dt", "", term), element("dd", "", ...value)));
  return list;
}
