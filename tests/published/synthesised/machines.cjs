// Two independent validators over state machine definitions: standard input {name: definition}, output {name: [problem]}.
'use strict';

const validate = require('asl-validator');
const { getLanguageService, TextDocument } = require('amazon-states-language-service');

async function byTheLanguageService(name, definition) {
  const service = getLanguageService({ schemaRequestService: () => Promise.reject(new Error('no network')) });
  const document = TextDocument.create(`file:///${name}.asl.json`, 'json', 1, JSON.stringify(definition, null, 1));
  const found = await service.doValidation(document, service.parseJSONDocument(document));
  return found.map((problem) => `amazon-states-language-service: ${problem.message} (line ${problem.range.start.line + 1})`);
}

function byTheValidator(definition) {
  // A copy: this validator writes into what it is given.
  const result = validate(JSON.parse(JSON.stringify(definition)), { checkPaths: true, checkArn: true });
  return result.isValid ? [] : result.errors.map((error) => `asl-validator: ${error.message} ${error.path || error.schemaPath || ''}`);
}

async function main() {
  const definitions = JSON.parse(require('fs').readFileSync(0, 'utf-8'));
  const problems = {};
  for (const [name, definition] of Object.entries(definitions)) {
    problems[name] = [...byTheValidator(definition), ...(await byTheLanguageService(name, definition))];
  }
  process.stdout.write(JSON.stringify(problems));
}

main();
