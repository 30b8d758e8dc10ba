// An editor that isn't ours: VS Code's own JSON-RPC library speaks to the real daemon over pipes, which asks the
// stand-in. ASIDED and STANDIN name the programs. Whatever the library finds to complain about fails the test.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import rpc from 'vscode-jsonrpc/node.js';

const missing = ['ASIDED', 'STANDIN'].find((name) => !process.env[name]);
const options = { skip: missing && `${missing} names no program`, timeout: 60_000 };

class Editor {
  complaints = [];
  deltas = [];
  states = [];
  #waiting = new Set();

  static async open(t) {
    const editor = new Editor();
    const folder = await mkdtemp(join(tmpdir(), 'aside-client-'));
    t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const standin = spawn(resolve(process.env.STANDIN), ['--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => standin.kill());
    editor.daemon = spawn(resolve(process.env.ASIDED), {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        XDG_CONFIG_HOME: join(folder, 'config'),
        XDG_STATE_HOME: join(folder, 'state'),
        ANTHROPIC_API_KEY: 'sk-ant-test',
        ANTHROPIC_BASE_URL: await address(standin),
      },
    });
    t.after(() => editor.daemon.kill());
    editor.folder = pathToFileURL(folder).href;
    editor.#connect();
    editor.ready = await editor.request('initialize', {
      processId: process.pid,
      clientInfo: { name: 'vscode-jsonrpc', version: '8' },
      capabilities: {},
      rootUri: editor.folder,
      workspaceFolders: [{ uri: editor.folder, name: 'work' }],
    });
    await editor.notify('initialized', {});
    return editor;
  }

  #connect() {
    const complain = (...what) => this.complaints.push(what.map(String).join(' '));
    const reader = new rpc.StreamMessageReader(this.daemon.stdout);
    const writer = new rpc.StreamMessageWriter(this.daemon.stdin);
    this.connection = rpc.createMessageConnection(reader, writer, { error: complain, warn: complain, info: complain, log: complain });
    this.connection.onError(([error, , count]) => complain('error', error, count));
    this.connection.onUnhandledNotification(({ method }) => complain('unhandled', method));
    this.connection.onRequest((method) => complain('request', method));
    this.connection.onNotification('conversation/delta', (delta) => this.#note(this.deltas, delta));
    this.connection.onNotification('conversation/status', (status) => this.#note(this.states, status));
    this.connection.listen();
  }

  #note(list, params) {
    list.push(params);
    this.#waiting.forEach((look) => look());
  }

  request(method, ...params) {
    return this.connection.sendRequest(method, ...params);
  }

  notify(method, ...params) {
    return this.connection.sendNotification(method, ...params);
  }

  // As soon as the notifications so far make it true.
  until(holds) {
    return new Promise((done) => {
      const look = () => holds() && this.#waiting.delete(look) && done();
      this.#waiting.add(look);
      look();
    });
  }

  shown(turn, kind = 'text') {
    return this.deltas.filter((delta) => delta.turn === turn && delta.kind === kind).map(({ text }) => text).join('');
  }

  async document(name, text) {
    const textDocument = { uri: `${this.folder}/${name}`, languageId: 'c', version: 1, text };
    await this.notify('textDocument/didOpen', { textDocument });
    return { uri: textDocument.uri };
  }

  async leave() {
    assert.equal(await this.request('shutdown'), null);
    const gone = once(this.daemon, 'exit');
    await this.notify('exit');
    assert.deepEqual(await gone, [0, null]);
    assert.deepEqual(this.complaints, []);
  }
}

async function address(standin) {
  for await (const line of createInterface({ input: standin.stdout })) {
    const found = /listening on (http:\S+)/.exec(line);
    if (found) return found[1];
  }
  throw new Error('the stand-in said no address');
}

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

  const thread = await editor.request('conversation/get', { textDocument });
  assert.deepEqual(thread.turns.map(({ role }) => role), ['user', 'assistant', 'user', 'assistant']);
  assert.equal(thread.turns[1].text, first.text);
  assert.equal(thread.turns[0].attachments[0].text, 'int b;\n');
  assert.equal(thread.head, second.turn);

  const { text, sections } = await editor.request('conversation/transcript', { conversation: thread.conversation });
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

test('what is wrong comes back as the error that it is', options, async (t) => {
  const editor = await Editor.open(t);
  const fails = async (method, params, code) => {
    await assert.rejects(editor.request(method, params), (error) => error instanceof rpc.ResponseError && error.code === code);
  };
  await fails('conversation/juggle', {}, rpc.ErrorCodes.MethodNotFound);
  await fails('conversation/ask', { textDocument: {}, question: 'x' }, rpc.ErrorCodes.InvalidParams);
  await fails('conversation/get', [1, 2], rpc.ErrorCodes.InvalidParams);
  await editor.leave();
});
