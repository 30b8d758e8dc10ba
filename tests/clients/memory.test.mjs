// Tests of a daemon with limited memory. When a reply is endless, the question still gets an answer, the received part
// is kept, and the next question works. When a message doesn't fit into memory, it is refused or dropped, and the next
// message is read. These tests run the release build, since the memory of a build with sanitizers can't be limited in
// this way.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { test } from 'node:test';

import { Editor, options } from './editor.mjs';

const mebibyte = 1024 * 1024;
const event = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-opus-5-5', content: [], usage: { input_tokens: 5, output_tokens: 1 } };
const text = (words) => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: words } });

function* reply(deltas) {
  yield event({ type: 'message_start', message });
  yield event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
  yield* deltas;
  yield event({ type: 'content_block_stop', index: 0 });
  yield event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } });
  yield event({ type: 'message_stop' });
}

// Starts a server that answers the first question with up to 60 MiB, as long as the client reads, and all other
// questions with one word.
async function endless(t) {
  let asked = 0;
  const server = http.createServer((request, response) => {
    const first = request.url === '/v1/messages' && ++asked === 1;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    pipeline(Readable.from(reply(Array(first ? 960 : 1).fill(text(first ? 'word and '.repeat(7282) : 'yes')))), response, () => {});
    request.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

// Limits the memory of the daemon to what it uses now and `more` MiB.
function limit({ pid }, more) {
  const [, used] = /VmSize:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  execFileSync('prlimit', ['--pid', pid, `--as=${used * 1024 + more * mebibyte}`]);
}

for (const more of [100, 50, 25]) {
  test(`a reply without end is answered with ${more} MiB of memory left, and the conversation goes on`, options, async (t) => {
    const editor = await Editor.open(t, { environment: { ANTHROPIC_BASE_URL: await endless(t) }, settings: { apiKey: 'k' } });
    limit(editor.daemon, more);
    const textDocument = { uri: `${editor.folder}/main.c` };
    const answer = await editor.request('conversation/ask', { textDocument, question: 'tell me all' }).catch((error) => error);
    if (answer instanceof Error) assert.match(answer.message, /memory/);
    else assert.equal(answer.status, 'interrupted');
    const { turns } = await editor.request('conversation/get', { textDocument });
    assert.match(turns[1].status, /^(interrupted|failed)$/);
    assert.match(turns[1].error.message, /memory|4 MiB/);
    // A new conversation doesn't hold the first reply, so there is enough memory again.
    await editor.request('conversation/new', { textDocument });
    assert.equal((await editor.request('conversation/ask', { textDocument, question: 'still there?' })).text, 'yes');
    assert.deepEqual(editor.complaints, []);
  });
}

// Some of these messages don't fit into memory while they arrive. Others fit, but then there is too little memory to
// parse them.
for (const [more, size] of [[10, 40], [20, 20], [50, 10], [50, 40], [100, 30], [200, 50]]) {
  test(`the daemon goes on reading after a message of ${size} MiB with ${more} MiB of memory left, and leaves with its editor`, options, async (t) => {
    const editor = await Editor.open(t, { environment: { ANTHROPIC_BASE_URL: await endless(t) }, settings: { apiKey: 'k' } });
    const { stdin } = editor.daemon;
    await editor.request('prompt/list');
    limit(editor.daemon, more);
    const text = 'some words\n'.repeat(size * mebibyte / 11);
    const textDocument = { uri: `${editor.folder}/big.txt` };
    await editor.notify('textDocument/didOpen', { textDocument: { ...textDocument, languageId: 'text', version: 1, text } });
    assert.ok(Array.isArray((await editor.request('prompt/list')).prompts));
    // The request gets an answer: either a result or an error.
    const attachments = [{ uri: textDocument.uri, text }];
    await editor.request('conversation/preview', { textDocument, question: 'And this?', attachments }).catch((error) => assert.ok(error.code));
    assert.ok(Array.isArray((await editor.request('prompt/list')).prompts));
    const gone = once(editor.daemon, 'exit');
    stdin.end();
    await gone;
  });
}
