// A JSON Schema of the body of POST /v1/messages, made from the types of the official SDK: what its authors would
// let through. It knows shapes, not rules: order of roles, cache marks and the like are the stand-in's (tests/support).
// Making it takes seconds, so it is kept beside the packages, under a name that changes with what it is made from.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Ajv } from 'ajv';

const here = fileURLToPath(new URL('.', import.meta.url));

// A function that takes a body and returns what is wrong with it, a line each.
export async function requestValidator() {
  const validate = new Ajv({ allErrors: true, discriminator: true, strict: false }).compile(await requestSchema());
  return (body) =>
    validate(body) ? [] : validate.errors.map((error) => `${error.instancePath || 'body'} ${error.message} ${JSON.stringify(error.params)}`);
}

async function requestSchema() {
  const key = createHash('sha256');
  for (const name of ['package-lock.json', 'request_types.ts', 'tsconfig.json', 'request_schema.mjs']) {
    key.update(await readFile(join(here, name)));
  }
  const folder = join(here, 'node_modules', '.cache');
  const path = join(folder, `request-${key.digest('hex').slice(0, 16)}.json`);
  const kept = await readFile(path, 'utf8').catch(() => null);
  if (kept) return JSON.parse(kept);

  const schema = corrected(await generated('MessageCreateParamsStreaming'));
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.${process.pid}`, JSON.stringify(schema));
  await rename(`${path}.${process.pid}`, path);
  return schema;
}

async function generated(type) {
  const { createGenerator } = await import('ts-json-schema-generator');
  const generator = createGenerator({
    path: join(here, 'request_types.ts'),
    tsconfig: join(here, 'tsconfig.json'),
    skipTypeCheck: true,
    jsDoc: 'none',
  });
  return structuredClone(generator.createSchema(type)); // a copy: calls share their definitions
}

// What the types can't say, or say of the SDK's functions rather than of the wire.
function corrected(schema) {
  const { definitions } = schema;
  const { properties } = definitions.MessageCreateParamsStreaming;
  for (const header of ['user_profile_id', 'workspace_id', 'betas']) delete properties[header];
  properties.max_tokens = { type: 'integer', minimum: 0 };
  Object.assign(properties.messages, { minItems: 1, maxItems: 100_000 });

  forbidInContent(definitions.UserMessageParam, { required: ['citations'], properties: { type: { const: 'text' } } });
  forbidInContent(definitions.AssistantMessageParam, { properties: { type: { const: 'document' } } });

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
