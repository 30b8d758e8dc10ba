// An independent client: VS Code's JSON-RPC library talks to the real daemon over pipes, and the daemon asks the stand-in.
// ASIDED and STANDIN name the programs. Any error that the library reports fails the test.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

import rpc from 'vscode-jsonrpc/node.js';

const missing = ['ASIDED', 'STANDIN'].find((name) => !process.env[name]);
export const options = { skip: missing && `${missing} names no program`, timeout: 60_000 };

export class Editor {
  complaints = [];
  deltas = [];
  states = [];
  messages = [];  // the messages that the daemon sent with window/showMessage
  changes = [];
  #waiting = new Set();

  // Starts the daemon with a home (`home`, or a new one), a key, and the stand-in's address. `environment` and
  // `settings` are added to the daemon's environment and settings.
  static async open(t, { environment = {}, settings = {}, home } = {}) {
    const editor = new Editor();
    const folder = home ?? await mkdtemp(join(tmpdir(), 'aside-client-'));
    if (!home) t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const ANTHROPIC_BASE_URL = environment.ANTHROPIC_BASE_URL ?? await standin(t);
    editor.daemon = spawn(resolve(process.env.ASIDED), {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        XDG_CONFIG_HOME: join(folder, 'config'),
        XDG_STATE_HOME: join(folder, 'state'),
        ANTHROPIC_API_KEY: 'sk-ant-test',
        ...environment,
        ANTHROPIC_BASE_URL,
      },
    });
    t.after(() => editor.daemon.kill());
    editor.home = folder;
    editor.folder = pathToFileURL(folder).href;
    editor.#connect();
    editor.ready = await editor.request('initialize', {
      processId: process.pid,
      clientInfo: { name: 'vscode-jsonrpc', version: '8' },
      capabilities: {},
      rootUri: editor.folder,
      initializationOptions: settings,
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
    this.connection.onNotification('conversation/changed', (change) => this.#note(this.changes, change));
    this.connection.onNotification('window/showMessage', (message) => this.#note(this.messages, message));
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

  // Resolves when `holds()` is true. `holds` is called after each notification.
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

// Starts a stand-in for the API, which ends with the test. Returns its address.
export async function standin(t) {
  const program = spawn(resolve(process.env.STANDIN), ['--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => program.kill());
  for await (const line of createInterface({ input: program.stdout })) {
    const found = /listening on (http:\S+)/.exec(line);
    if (found) return found[1];
  }
  throw new Error('the stand-in said no address');
}
