// Sends each file to a URL with fetch, and prints a line for each: status, tab, answer.
import { readFile } from "node:fs/promises";

const [url, ...files] = process.argv.slice(2);
for (const file of files) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: await readFile(file) });
  console.log(`${response.status}\t${(await response.text()).trim()}`);
}
