// JSON Schemas of the bodies of POST /v1/messages and its count_tokens, with and without betas, made from the types of the
// official SDK: what its authors would let through. They know shapes, not rules: order of roles, cache marks and the like
// are the stand-in's (tests/support). Making them takes seconds, so they are kept beside the packages, under a name that
// changes with what they are made from.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Ajv } from 'ajv';

const here = fileURLToPath(new URL('.', import.meta.url));

const calls = { '/v1/messages': 'Create', '/v1/messages/count_tokens': 'Count' };
const betaOf = (type) => `Beta${type}`;

// A function that takes a request, `{path, headers, body}` as it was recorded, and returns what is wrong with its body, a
// line each. Where the request names a beta, what that adds to the types is taken too.
export async function requestValidator() {
  const ajv = new Ajv({ allErrors: true, discriminator: true, strict: false });
  const schemas = await requestSchemas();
  const validators = {}; // compiled when the first request of the kind comes
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
  // Copies: calls share their definitions.
  return Object.fromEntries(types.map((type) => [type, structuredClone(generator.createSchema(type))]));
}

// What the types can't say, or say of the SDK's functions rather than of the wire.
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
    if (node.type === 'number') node.type = 'integer'; // nothing in a request is a fraction
    const told = ['type', 'role'].find((name) => tellsApart(node.anyOf, name, definitions));
    if (!told) return;
    // One readable error instead of one for each alternative.
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
