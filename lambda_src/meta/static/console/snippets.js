// The same request in curl, Python and JavaScript, with the key and this API's own address filled in.

import { button, byId, element } from "./dom.js";
import { authScheme, authorization, credential, credentialName } from "./session.js";
import { someTexts } from "./classify.js";
import { textsNoun } from "./task.js";

const URL_OF_CLASSIFY = new URL("v1/classify", document.baseURI).href;

// Shell quoting: inside single quotes only a single quote is special.
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// JSON strings are valid in Python and JavaScript too.
const quote = (text) => JSON.stringify(text);

function headers() {
  if (credential()) return Object.entries(authorization());
  return [authScheme() === "jwt" ? ["authorization", "Bearer YOUR_TOKEN"] : ["x-api-key", "YOUR_API_KEY"]];
}

// An address such as <id>.execute-api.<region>.amazonaws.com names its region.
function region() {
  const found = new URL(URL_OF_CLASSIFY).hostname.match(/\.execute-api\.([\w-]+)\.amazonaws\./);
  return found ? found[1] : "us-east-1";
}

function curl(texts) {
  const lines = [`curl -sS ${shell(URL_OF_CLASSIFY)}`, "-H 'content-type: application/json'"];
  if (authScheme() === "iam") {
    lines.push(`--aws-sigv4 'aws:amz:${region()}:execute-api'`, '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
      '${AWS_SESSION_TOKEN:+-H "x-amz-security-token: $AWS_SESSION_TOKEN"}');
  } else {
    lines.push(...headers().map(([name, value]) => `-H ${shell(`${name}: ${value}`)}`));
  }
  return [...lines, `--data-raw ${shell(JSON.stringify({ inputs: texts }))}`].join(" \\\n  ");
}

const pythonTexts = (texts) => `[\n${texts.map((text) => `    ${quote(text)},\n`).join("")}]`;

function python(texts) {
  const own = headers().map(([name, value]) => `, ${quote(name)}: ${quote(value)}`).join("");
  return `import json
import urllib.request

texts = ${pythonTexts(texts)}
request = urllib.request.Request(
    ${quote(URL_OF_CLASSIFY)},
    data=json.dumps({"inputs": texts}).encode(),
    headers={"content-type": "application/json"${own}},
)
with urllib.request.urlopen(request, timeout=30) as response:
    answer = json.load(response)
for text, prediction in zip(texts, answer["predictions"]):
    print(prediction["predicted_label"], prediction.get("probabilities"), text)
`;
}

function signedPython(texts) {
  return `import json
import urllib.request

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

texts = ${pythonTexts(texts)}
request = AWSRequest(
    "POST",
    ${quote(URL_OF_CLASSIFY)},
    data=json.dumps({"inputs": texts}).encode(),
    headers={"content-type": "application/json"},
)
SigV4Auth(boto3.Session().get_credentials(), "execute-api", ${quote(region())}).add_auth(request)
signed = urllib.request.Request(request.url, data=request.data, headers=dict(request.headers))
with urllib.request.urlopen(signed, timeout=30) as response:
    answer = json.load(response)
for text, prediction in zip(texts, answer["predictions"]):
    print(prediction["predicted_label"], prediction.get("probabilities"), text)
`;
}

function javascript(texts) {
  const isSigned = authScheme() === "iam";
  const own = isSigned ? "" : headers().map(([name, value]) => `, ${quote(name)}: ${quote(value)}`).join("");
  const client = `import { AwsClient } from "aws4fetch";

const client = new AwsClient({
  accessKeyId: process.env.AWS_ACCESS_KEY_ID,
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
  sessionToken: process.env.AWS_SESSION_TOKEN,
  service: "execute-api",
  region: ${quote(region())},
});
`;
  return `${isSigned ? client : ""}const texts = [
${texts.map((text) => `  ${quote(text)},\n`).join("")}];
const response = await ${isSigned ? "client.fetch" : "fetch"}(${quote(URL_OF_CLASSIFY)}, {
  method: "POST",
  headers: { "content-type": "application/json"${own} },
  body: JSON.stringify({ inputs: texts }),
});
if (!response.ok) throw new Error(\`\${response.status}: \${await response.text()}\`);
const answer = await response.json();
answer.predictions.forEach((prediction, index) => {
  console.log(prediction.predicted_label, prediction.probabilities, texts[index]);
});
`;
}

async function copy(text, pre, statusLine) {
  try {
    await navigator.clipboard.writeText(text);
    statusLine.textContent = "Copied.";
  } catch {
    // Only pages on https or on this machine may write to the clipboard.
    getSelection().selectAllChildren(pre);
    statusLine.textContent = "Selected: press Ctrl+C to copy.";
  }
}

function box(name, needs, text) {
  const pre = element("pre", "", element("code", "", text));
  pre.tabIndex = 0;
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", `${name} example`);
  const statusLine = element("span", "quiet");
  statusLine.setAttribute("role", "status");
  const copyButton = button("plain", "Copy", () => copy(text, pre, statusLine));
  copyButton.setAttribute("aria-label", `Copy the ${name} example`);
  const head = element("div", "row head", element("h2", "", name), element("span", "quiet", needs), copyButton, statusLine);
  return element("div", "card snippet", head, pre);
}

export function drawSnippets() {
  const texts = someTexts();
  const isSigned = authScheme() === "iam";
  const key = credentialName();
  const filled = credential() ? `They contain your ${key}: take care who sees them.` : `Type your ${key} above to fill it in.`;
  byId("code-help").textContent = `These send the first ${textsNoun()} of the Classify section to this API. ${
    isSigned ? "They sign with the AWS credentials of your environment." : filled}`;
  byId("snippets").replaceChildren(
    box("curl", isSigned ? "7.75 or newer" : "", curl(texts)),
    box("Python", isSigned ? "needs boto3" : "standard library only", isSigned ? signedPython(texts) : python(texts)),
    box("JavaScript", isSigned ? "Node.js 18 or newer, with aws4fetch" : "browsers, Node.js 18 or newer", javascript(texts)),
  );
}

export const codePanel = { show: drawSnippets, hide() {}, newKey: drawSnippets };
