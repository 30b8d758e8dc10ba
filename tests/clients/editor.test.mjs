// Tests a question and its answer, from the request to the stored reply, with an independent client.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import rpc from 'vscode-jsonrpc/node.js';

import { Editor, options } from './editor.mjs';

test('an answer streams in, a follow-up goes on from it, and both are kept', options, async (t) => {
  const editor = await Editor.open(t);
  assert.equal(editor.ready.serverInfo.name, 'asided');
  assert.equal(editor.ready.capabilities.experimental.aside.protocol, 1);

  const textDocument = await editor.document('main.c', 'int a;\nint b;\nint c;\n');
  const range = { start: { line: 1, character: 0 }, end: { line: 2, character: 0 } };
  const first = await editor.request('conversation/ask', {
    textDocument, question: 'Why b?', attachments: [{ uri: textDocument.uri, range }],
  });
  assert.equal(first.status, 'complete');
  assert.equal(first.stopReason, 'end_turn');
  assert(first.text.length > 0);
  assert.equal(editor.shown(first.turn), first.text);
  assert(editor.states.some(({ turn, state }) => turn === first.turn && state === 'writing'));
  assert(first.usage.output > 0);

  const second = await editor.request('conversation/ask', { textDocument, question: 'And then?' });
  assert.equal(second.status, 'complete');
  assert.equal(second.conversation, first.conversation);

  const conversation = await editor.request('conversation/get', { textDocument });
  assert.deepEqual(conversation.turns.map(({ role }) => role), ['user', 'assistant', 'user', 'assistant']);
  assert.equal(conversation.turns[1].text, first.text);
  assert.equal(conversation.turns[0].attachments[0].text, 'int b;\n');
  assert.equal(conversation.head, second.turn);

  const { text, sections } = await editor.request('conversation/transcript', { conversation: conversation.conversation });
  const lines = text.split('\n');
  const shown = sections.filter(({ turn, kind }) => turn === first.turn && kind === 'reply').at(-1);
  assert.equal(lines.slice(shown.startLine, shown.endLine).join('\n'), first.text);
  await editor.leave();
});

test('a cancelled ask is answered, after its last delta, with what was shown', options, async (t) => {
  const editor = await Editor.open(t);
  const textDocument = await editor.document('main.c', '');
  const source = new rpc.CancellationTokenSource();
  const asked = editor.request(
    'conversation/ask', { textDocument, question: 'Count. [standin: {"deltas":5000,"pace":2}]' }, source.token);
  await editor.until(() => editor.deltas.some(({ kind }) => kind === 'text'));
  source.cancel();
  const reply = await asked;
  assert.equal(reply.status, 'cancelled');
  assert(reply.text.length > 0);
  assert.equal(reply.text, editor.shown(reply.turn));
  await editor.leave();
});

test('a wrong request is answered with the error that says what is wrong', options, async (t) => {
  const editor = await Editor.open(t);
  const fails = async (method, params, code) => {
    await assert.rejects(editor.request(method, params), (error) => error instanceof rpc.ResponseError && error.code === code);
  };
  await fails('conversation/juggle', {}, rpc.ErrorCodes.MethodNotFound);
  await fails('conversation/ask', { textDocument: {}, question: 'x' }, rpc.ErrorCodes.InvalidParams);
  await fails('conversation/get', [1, 2], rpc.ErrorCodes.InvalidParams);
  await editor.leave();
});
