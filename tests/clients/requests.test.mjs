// Tests that the official SDK's types accept every request that the test suite sends. ASIDE_RECORDED names the file in
// which the stand-in has recorded the requests, one JSON object in each line.
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

import { requestValidator } from './request_schema.mjs';

const problemsOf = await requestValidator();
const problems = (body) => problemsOf({ path: '/v1/messages', headers: {}, body });
const countProblems = (body) => problemsOf({ path: '/v1/messages/count_tokens', headers: {}, body });
const betaProblems = (body, path = '/v1/messages') =>
  problemsOf({ path, headers: { 'anthropic-beta': 'compact-2026-09-04' }, body });

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

test('the schema accepts the documented examples of the API', () => {
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

const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };
const summary = { role: 'assistant', content: [{ type: 'compaction', content: 'So far.', signature: 'c2ln' }] };
const places = (found) => found.map((line) => line.split(' ')[0]);

test('media, instructions and diagnostics are requests too', () => {
  const messages = [{ role: 'user', content: [image, text('why?')] }, { role: 'system', content: 'Use tabs.' }];
  assert.deepEqual(problems(request({ messages, diagnostics: { previous_message_id: 'msg_1' } })), []);
  const tiff = { ...image, source: { ...image.source, media_type: 'image/tiff' } };
  assert.notDeepEqual(problems(request({ messages: [{ role: 'user', content: [tiff] }] })), []);
});

test('a token count sends the prompt, and no field about the answer', () => {
  const { model, messages } = request();
  assert.deepEqual(countProblems({ model, messages, thinking: { type: 'adaptive' }, system: [text('short')] }), []);
  assert.deepEqual(places(countProblems(request())), ['body', 'body']); // the problems are max_tokens and stream
  assert.deepEqual(places(countProblems({ model, messages, diagnostics: {} })), ['body']);
  assert.deepEqual(places(countProblems({ model })), ['body']);
});

test('a summary is asked for, and sent, with its beta alone', () => {
  const asked = request({ compaction: { type: 'summarize', instructions: 'short' } });
  const { messages } = request();
  const sent = request({ messages: [summary, ...messages] });
  for (const body of [request(), asked, sent]) assert.deepEqual(betaProblems(body), [], JSON.stringify(body));
  for (const body of [asked, sent]) assert.notDeepEqual(problems(body), [], JSON.stringify(body));
  const counted = { model: asked.model, messages: sent.messages };
  assert.deepEqual(betaProblems(counted, '/v1/messages/count_tokens'), []);
  assert.notDeepEqual(countProblems(counted), []);
  assert(places(betaProblems(request({ compaction: { type: 'forget' } }))).includes('/compaction/type'));
  assert.deepEqual(places(betaProblems(request({ max_tokens: -1 }))), ['/max_tokens']);
});

const file = process.env.ASIDE_RECORDED;

test('the schema accepts every request that was recorded', { skip: !file && 'ASIDE_RECORDED names no file' }, async (t) => {
  const refused = new Map(); // each problem once, with a body that has the problem
  const checked = {};
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { path, headers, body } = JSON.parse(line);
    if (!headers['user-agent']?.startsWith('aside/')) continue; // skips requests from the tests of the stand-in itself
    if (JSON.stringify(body) === '{}') continue; // skips the empty request of `asided --check`, which is meant to be refused
    checked[path] = (checked[path] ?? 0) + 1;
    const found = problemsOf({ path, headers, body });
    for (const problem of found) refused.set(problem, JSON.stringify(body).slice(0, 1000));
  }
  t.diagnostic(JSON.stringify(checked));
  assert(checked['/v1/messages'] > 0, `${file} holds no request`);
  assert.deepEqual([...refused], []);
});
