// Makes JSON Schemas of the bodies of POST /v1/messages and of its count_tokens, with and without betas, from the types
// of the official SDK. The schemas describe shapes. The stand-in (tests/standin) checks rules, such as the order of
// roles and cache marks. Making the schemas takes seconds, so they are stored beside the packages, under a name that
// changes when their sources change.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Ajv } from 'ajv';

const here = fileURLToPath(new URL('.', import.meta.url));

const calls = { '/v1/messages': 'Create', '/v1/messages/count_tokens': 'Count' };
const betaOf = (type) => `Beta${type}`;

// Returns a function that gets a recorded request, `{path, headers, body}`, and returns the problems of its body, one line
// for each. If the request names a beta, the types of that beta are accepted, too.
export async function requestValidator() {
  const ajv = new Ajv({ allErrors: true, discriminator: true, strict: false });
  const schemas = await requestSchemas();
  const validators = {}; // each validator is compiled when the first request of its kind arrives
  return ({ path, headers, body }) => {
    const type = headers['anthropic-beta'] ? betaOf(calls[path]) : calls[path];
    const validate = (validators[type] ??= ajv.compile(schemas[type]));
    return validate(body) ? [] : validate.errors.map(
      (error) => `${error.instancePath || 'body'} ${error.message} ${JSON.stringify(error.params)}`);
  };
}

async function requestSchemas() {
  const key = createHash('sha256');
  for (const name of ['package-lock.json', 'request_types.ts', 'tsconfig.json', 'request_schema.mjs']) {
    key.update(await readFile(join(here, name)));
  }
  const folder = join(here, 'node_modules', '.cache');
  const path = join(folder, `request-${key.digest('hex').slice(0, 16)}.json`);
  const kept = await readFile(path, 'utf8').catch(() => null);
  if (kept) return JSON.parse(kept);

  const schemas = await generated(Object.values(calls).flatMap((type) => [type, betaOf(type)]));
  for (const [type, schema] of Object.entries(schemas)) corrected(schema, type);
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.${process.pid}`, JSON.stringify(schemas));
  await rename(`${path}.${process.pid}`, path);
  return schemas;
}

async function generated(types) {
  const { createGenerator } = await import('ts-json-schema-generator');
  const generator = createGenerator({
    path: join(here, 'request_types.ts'),
    tsconfig: join(here, 'tsconfig.json'),
    skipTypeCheck: true,
    jsDoc: 'none',
  });
  // The schemas are copied, since several schemas share the same definition objects.
  return Object.fromEntries(types.map((type) => [type, structuredClone(generator.createSchema(type))]));
}

// Corrects a schema where the types can't express a fact, and where the types describe the SDK's functions and not the
// sent JSON.
function corrected(schema, type) {
  const { definitions } = schema;
  const { properties } = definitions[type];
  for (const header of ['user_profile_id', 'workspace_id', 'betas']) delete properties[header];
  if (properties.max_tokens) properties.max_tokens.minimum = 0;
  Object.assign(properties.messages, { minItems: 1, maxItems: 100_000 });

  const message = (role) => definitions[`${role}MessageParam`] ?? definitions[`Beta${role}MessageParam`];
  forbidInContent(message('User'), { required: ['citations'], properties: { type: { const: 'text' } } });
  forbidInContent(message('Assistant'), { properties: { type: { const: 'document' } } });

  walk(schema, (node) => {
    if (node.type === 'number') node.type = 'integer'; // no number in a request is a fraction
    const told = ['type', 'role'].find((name) => tellsApart(node.anyOf, name, definitions));
    if (!told) return;
    // With a discriminator, a wrong value causes one readable error instead of one error for each alternative.
    Object.assign(node, { type: 'object', required: [told], discriminator: { propertyName: told }, oneOf: node.anyOf });
    delete node.anyOf;
  });
  return schema;
}

function forbidInContent(message, block) {
  message.allOf = [{ properties: { content: { items: { not: block } } } }];
}

function tellsApart(alternatives, name, definitions) {
  const constants = alternatives?.map(({ $ref }) => {
    const object = definitions[$ref?.split('/').at(-1)];
    return object?.required?.includes(name) ? object.properties[name]?.const : undefined;
  });
  return constants?.every((value) => value !== undefined) && new Set(constants).size === constants.length;
}

function walk(node, visit) {
  if (node === null || typeof node !== 'object') return;
  Object.values(node).forEach((child) => walk(child, visit));
  if (!Array.isArray(node)) visit(node);
}
