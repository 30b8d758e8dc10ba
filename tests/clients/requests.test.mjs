// The official SDK's types accept every request that the test suite sends. ASIDE_RECORDED names the file in which the
// stand-in has recorded them, a JSON object a line.
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

import { requestValidator } from './request_schema.mjs';

const problems = await requestValidator();

const text = (words) => ({ type: 'text', text: words });
const request = (changes) => ({
  model: 'claude-opus-5-5',
  max_tokens: 32000,
  stream: true,
  messages: [{ role: 'user', content: [text('why?')] }],
  ...changes,
});
const reply = (...content) => request({
  messages: [{ role: 'user', content: 'a' }, { role: 'assistant', content }, { role: 'user', content: 'b' }],
});

test('the schema takes what the API documents', () => {
  for (const body of [
    request(),
    request({ model: 'one-that-is-not-listed' }),
    request({ system: [{ ...text('short'), cache_control: { type: 'ephemeral', ttl: '1h' } }] }),
    request({ cache_control: { type: 'ephemeral' }, output_config: { effort: 'high' } }),
    request({ thinking: { type: 'adaptive', display: 'summarized' } }),
    reply({ type: 'thinking', thinking: 'hm', signature: 'c2ln' }, { type: 'redacted_thinking', data: 'x' }, text('x')),
  ]) {
    assert.deepEqual(problems(body), [], JSON.stringify(body));
  }
});

test('the schema refuses what the API would not take', () => {
  for (const [body, place] of [
    [request({ max_tokens: undefined }), 'body'],
    [request({ max_tokens: 1.5 }), '/max_tokens'],
    [request({ messages: [] }), '/messages'],
    [request({ stream: false }), '/stream'],
    [request({ betas: [] }), 'body'],
    [request({ temperature: 1 }), 'body'],
    [request({ thinking: { type: 'sometimes' } }), '/thinking'],
    [request({ cache_control: { type: 'ephemeral', ttl: '2h' } }), '/cache_control/ttl'],
    [request({ messages: [{ role: 'robot', content: 'x' }] }), '/messages/0'],
    [request({ messages: [{ role: 'user', content: [{ type: 'text' }] }] }), '/messages/0/content/0'],
    [request({ messages: [{ role: 'user', content: [{ ...text('x'), citations: [] }] }] }), '/messages/0/content/0'],
    [request({ messages: [{ role: 'user', content: [{ ...text('x'), index: 0 }] }] }), '/messages/0/content/0'],
    [reply({ type: 'thinking', thinking: 'hm' }), '/messages/1/content/0'],
    [reply({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } }), '/messages/1/content/0'],
  ]) {
    const found = problems(JSON.parse(JSON.stringify(body)));
    assert(found.some((line) => line.startsWith(`${place} `)), `${JSON.stringify(body)}: ${found.join('\n') || 'accepted'}`);
  }
});

const file = process.env.ASIDE_RECORDED;

// The stand-in invents a block that no type knows, to see it come back as it was.
function withoutInvented(body) {
  const known = (content) => (Array.isArray(content) ? content.filter(({ type }) => type !== 'hologram') : content);
  return { ...body, messages: body.messages.map((message) => ({ ...message, content: known(message.content) })) };
}

test('the schema accepts every request that was recorded', { skip: !file && 'ASIDE_RECORDED names no file' }, async (t) => {
  const refused = new Map(); // each problem once, with a body that has it
  let checked = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { headers, body } = JSON.parse(line);
    if (!headers['user-agent']?.startsWith('aside/')) continue; // the tests of the stand-in itself
    ++checked;
    for (const problem of problems(withoutInvented(body))) refused.set(problem, JSON.stringify(body).slice(0, 1000));
  }
  t.diagnostic(`${checked} requests`);
  assert(checked > 0, `${file} holds no request`);
  assert.deepEqual([...refused], []);
});
