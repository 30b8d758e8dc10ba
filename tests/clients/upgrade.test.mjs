// Tests the upgrade from version 0.1.0: today's daemon finds everything in a store of 0.1.0, and continues each
// conversation with the request that 0.1.0 would have sent. tests/data/upgrade has a store with every kind of turn that
// 0.1.0 had, and what 0.1.0 answered and sent.
//
// To make these files again, set ASIDED to the program of 0.1.0 and RECORD_UPGRADE to 1. That needs python3, git, and
// the permission to make the folder /home/ann for a moment.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Editor, options, standin } from './editor.mjs';

const data = fileURLToPath(new URL('../data/upgrade', import.meta.url));
const store = join(data, 'store.sqlite');
const folder = '/home/ann/sort';
const uri = (name) => `file://${folder}/${name}`;
const main = 'int count(const char *text, char c) {\n  int found = 0;\n  for (; *text; text++)\n    if (*text == c) found++;\n  return found;\n}\n';
const instructions = { first: 'Use C17.\n', last: 'Use C23.\n' };  // the user's own, before and after a change

// Starts the daemon on a copy of a store, as an editor that has opened the folder and all documents.
async function open(t, { store: from, texts = {}, told = instructions.last, settings = {}, address }) {
  const home = await mkdtemp(join(tmpdir(), 'aside-upgrade-'));
  t.after(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  for (const part of ['config/aside', 'state/aside']) await mkdir(join(home, part), { recursive: true });
  await writeFile(join(home, 'config/aside/instructions.md'), told);
  address ??= await standin(t);
  if (from) await moveStore(from, join(home, 'state/aside/aside.sqlite'), address);
  const editor = await Editor.open(t, { home, settings, environment: { ANTHROPIC_BASE_URL: address, TZ: 'UTC' } });
  editor.address = address;
  await editor.notify('workspace/didChangeWorkspaceFolders', {
    event: { added: [{ uri: `file://${folder}`, name: 'sort' }], removed: [{ uri: editor.folder, name: 'work' }] },
  });
  for (const [at, text] of Object.entries(texts)) {
    await editor.notify('textDocument/didOpen', { textDocument: { uri: at, languageId: 'c', version: 1, text } });
  }
  return editor;
}

// Copies a store, and replaces in it the address of the server that the replies came from. A daemon sends signed
// content back only to the server that has signed it, and this test has another stand-in than the one that made the
// store. Both addresses have the same length, so the file stays valid.
async function moveStore(from, to, address) {
  const bytes = await readFile(from, 'latin1');
  const [earlier] = /http:\/\/127\.0\.0\.1:\d{5}/.exec(bytes);
  assert.equal(earlier.length, address.length);
  await writeFile(to, bytes.replaceAll(earlier, address), 'latin1');
}

// Returns the body of the last request for a reply, as bytes, without the marks for the cache.
async function sent(address) {
  const requests = await (await fetch(`${address}/__standin/requests`)).json();
  return requests.filter(({ path }) => path === '/v1/messages').at(-1).raw.replaceAll(/,"cache_control":\{[^}]*\}/g, '');
}

// Returns the request that this conversation sends next, if the documents have these texts. The stand-in may refuse it:
// 0.1.0 sent a summary and the question after it as two messages, which some servers don't accept.
async function nextRequest(t, { conversation, uri: at }, texts) {
  const editor = await open(t, { store, texts });
  const textDocument = { uri: at };
  await editor.request('conversation/open', { textDocument, conversation });
  await editor.request('conversation/ask', { textDocument, question: 'And now?', consent: true }).catch(() => {});
  const body = await sent(editor.address);
  await editor.leave();
  return body;
}

// The texts after some edits.
function changed(texts) {
  return Object.fromEntries(Object.entries(texts).map(([at, text]) => [at, text.replace('== c)', '!= c)').replace('int x', 'long x')]));
}

async function whole(editor, { conversation, uri: at, deleted }) {
  const exported = await editor.request('conversation/export', { conversation, format: 'json' });
  const shown = await editor.request('conversation/get', { conversation });
  return { conversation, uri: at, ...(deleted && { deleted }), shown, exported: JSON.parse(exported.text) };
}

async function conversations(editor) {
  const found = [];
  for (const deleted of [false, true]) {
    const { conversations: rows } = await editor.request('conversation/list', { limit: 500, deleted });
    for (const row of rows) found.push({ ...row, deleted });
  }
  return found;
}

async function eachOf(editor) {
  const found = [];
  for (const row of await conversations(editor)) found.push(await whole(editor, row));
  return found;
}

test('0.1.0 makes the store and says what it would send', { ...options, skip: !process.env.RECORD_UPGRADE, timeout: 300_000 }, async (t) => {
  await mkdir(data, { recursive: true });
  await mkdir(folder, { recursive: true });
  t.after(() => rm('/home/ann', { recursive: true, force: true }));
  const shell = (command) => execFileSync('sh', ['-c', command], { cwd: folder, stdio: 'inherit' });
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  await writeFile(join(folder, 'plot.png'), Buffer.from(png, 'base64'));
  await writeFile(join(folder, 'paper.pdf'), '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n');
  await writeFile(join(folder, 'AGENTS.md'), 'Names are in English.\n');
  await writeFile(join(folder, 'diffed.c'), main);
  shell('git init -q && git add diffed.c && git -c user.name=ann -c user.email=ann@localhost commit -qm one && sed -i s/found/n/ diffed.c');

  const texts = Object.fromEntries(['main', 'stops', 'summed', 'compact', 'told', 'imported', 'gateway', 'small', 'killed', '.env'].map((name) => [uri(name === '.env' ? name : `${name}.c`), main]));
  texts['untitled:1'] = 'int x;\n';
  let editor = await open(t, { texts, told: instructions.first });
  const ask = async (at, question, more = {}) => await editor.request('conversation/ask', { textDocument: { uri: at }, question, ...more });
  const broken = (asked) => asked.then(() => {}, () => {});
  const range = { start: { line: 2, character: 0 }, end: { line: 4, character: 0 } };
  const here = uri('main.c'), textDocument = { uri: here };
  const first = await ask(here, 'Why is this slow?', { attachments: [{ uri: here, range }] });
  await editor.notify('textDocument/didChange', { textDocument: { uri: here, version: 2 }, contentChanges: [{ range: { start: { line: 3, character: 0 }, end: { line: 3, character: 0 } }, text: '    // counts\n' }] });
  await ask(here, 'And now?');
  await editor.request('conversation/retry', { conversation: first.conversation });
  const other = await ask(here, 'What of another way?', { parent: first.turn, effort: 'high' });
  await ask(here, '/review only the loop', { attachments: [{ uri: here }] });
  await editor.request('conversation/select', { conversation: first.conversation, turn: other.turn });
  await editor.request('conversation/fork', { textDocument, conversation: first.conversation, title: 'In assembler' });
  await ask(here, 'How in assembler?');
  await editor.request('conversation/new', { textDocument, title: 'Second thoughts' });
  const gone = await ask(here, 'What else?');
  await editor.request('conversation/delete', { conversation: gone.conversation });
  const { text } = await editor.request('conversation/export', { conversation: first.conversation, format: 'json' });
  await editor.request('conversation/import', { textDocument: { uri: uri('imported.c') }, text });

  const stops = uri('stops.c');
  const asked = ask(stops, 'Count. [standin: {"deltas":2000,"pace":5}]');
  await editor.until(() => editor.deltas.some(({ text }) => text.length > 0 && editor.states.at(-1).state === 'writing'));
  await editor.request('conversation/stop', { conversation: editor.states.at(-1).conversation });
  const stopped = await asked;
  await editor.request('conversation/continue', { conversation: stopped.conversation });
  for (const kind of ['max-tokens', 'fin', 'redacted', 'refusal-partial', 'refusal', 'no-retry', 'thinking-only', 'empty', 'tool-use']) {
    await broken(ask(stops, `${kind}? [standin: ${kind}]`));
  }

  const media = uri('pictures.md');
  await editor.notify('textDocument/didOpen', { textDocument: { uri: media, languageId: 'markdown', version: 1, text: '' } });
  await ask(media, 'What do these show?', { attachments: [
    { uri: uri('plot.png') }, { uri: uri('paper.pdf') }, { uri: uri('diffed.c'), kind: 'gitDiff' },
    { uri: here, kind: 'diagnostics', text: '4:5 warning: unused\n', range },
    { uri: 'untitled:1' }, { uri: uri('other.c'), text: 'int y;\n', languageId: 'c' },
  ] });
  await ask('untitled:1', 'What is x?', { attachments: [{ uri: 'untitled:1' }] });
  await ask(uri('.env'), 'Is this right?', { attachments: [{ uri: uri('.env') }], consent: true });
  await ask(uri('gateway.c'), 'Hello? [standin: unknown]');
  await editor.request('conversation/configure', { conversation: (await ask(uri('small.c'), 'Which?')).conversation, model: 'claude-haiku-4-5', effort: '', title: 'The small one' });
  await ask(uri('small.c'), 'And how?');

  const summed = await ask(uri('summed.c'), 'What is it?', { attachments: [{ uri: uri('summed.c') }] });
  await editor.request('conversation/compact', { conversation: summed.conversation, instructions: 'Keep the loop.' });
  await ask(uri('summed.c'), 'And after the summary?');
  await editor.notify('workspace/didChangeConfiguration', { settings: { aside: { compaction: 'ask' } } });
  const compact = await ask(uri('compact.c'), 'What is it?', { attachments: [{ uri: uri('compact.c') }] });
  await editor.request('conversation/compact', { conversation: compact.conversation });
  await ask(uri('compact.c'), 'And after the summary?');

  await ask(uri('told.c'), 'What first?');
  await editor.request('instructions/allow', { folder: `file://${folder}`, allow: true });
  await ask(uri('told.c'), 'What of AGENTS.md?');
  await writeFile(join(editor.home, 'config/aside/instructions.md'), instructions.last);
  await ask(uri('told.c'), 'And what of C23?');

  const shown = editor.deltas.length;
  void broken(ask(uri('killed.c'), 'Count on. [standin: {"deltas":2000,"pace":5}]'));
  await editor.until(() => editor.deltas.length > shown + 400);
  editor.daemon.kill('SIGKILL');
  await rm('/home/ann', { recursive: true });

  const made = join(editor.home, 'state/aside/aside.sqlite');
  execFileSync('python3', ['-c', 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("pragma wal_checkpoint(truncate)"); c.execute("vacuum"); c.execute("pragma wal_checkpoint(truncate)")', made]);
  await cp(made, store);
  const open_texts = { ...texts, [media]: '', [here]: texts[here].replace('    if', '    // counts\n    if') };
  editor = await open(t, { store, texts: open_texts });
  const recorded = { ready: editor.ready, texts: open_texts, conversations: await eachOf(editor), usage: await editor.request('usage/report', {}) };
  await editor.leave();
  for (const one of recorded.conversations) {
    one.request = await nextRequest(t, one, open_texts);
    one.requestChanged = await nextRequest(t, one, changed(open_texts));
  }
  await writeFile(join(data, 'said.json'), `${JSON.stringify(recorded, null, 1)}\n`);
});

const recorded = JSON.parse(await readFile(join(data, 'said.json'), 'utf8').catch(() => 'null'));

// Lists what `before` has and `now` lacks or has with another value. New fields in `now` don't count.
function losses(before, now, path = '') {
  if (before === null || typeof before !== 'object') return before === now ? [] : [`${path}: ${JSON.stringify(before)} → ${JSON.stringify(now)}`];
  if (now === null || typeof now !== 'object') return [`${path}: is gone`];
  if (Array.isArray(before) && before.length !== now.length) return [`${path}: ${before.length} → ${now.length}`];
  return Object.entries(before).flatMap(([name, value]) => losses(value, now[name], `${path}/${name}`));
}

// Returns what 0.1.0 said, without what today's daemon says differently on purpose: the output tokens of a stopped
// reply are now an estimate; a notice has other words; and `shared` now names the documents that are kept current.
// Documents that were shared with an earlier version aren't kept current (see `mended`).
function reworded({ request, requestChanged, ...said }, now, address) {
  said = JSON.parse(JSON.stringify(said).replaceAll(/http:\/\/127\.0\.0\.1:\d{5}/g, address));
  delete said.shown.shared;
  if (said.shown.instructions) delete said.shown.instructions.notice;
  said.shown.turns.forEach((turn, index) => {
    const { usage, cost } = now.shown.turns[index];
    if (usage?.estimated) [turn.usage.output, turn.cost] = [usage.output, cost];
  });
  return said;
}

test('an editor that was written for 0.1.0 finds the features that it looks for', options, async (t) => {
  const editor = await open(t, {});
  const { serverInfo, capabilities } = recorded.ready;
  assert.equal(serverInfo.version, '0.1.0');
  assert.deepEqual(losses(capabilities, editor.ready.capabilities), []);
  await editor.leave();
});

test('nothing in a store of 0.1.0 is lost', options, async (t) => {
  const editor = await open(t, { store, texts: recorded.texts });
  const now = await eachOf(editor);
  assert.equal(now.length, recorded.conversations.length);
  recorded.conversations.forEach((one, index) => {
    assert.deepEqual(losses(reworded(one, now[index], editor.address), now[index]), [], one.uri);
  });
  const { text, ...used } = recorded.usage;  // the text is a table, whose head may have other words
  assert.deepEqual(losses(used, await editor.request('usage/report', {})), []);
  await editor.leave();
});

// Returns a request of 0.1.0 without its two faults. One is a block of a kind that no server accepts back. The other is
// updates of files that this user may not have shared: 0.1.0 didn't store who had shared a file, nor which file it was.
// Today such a file gets updates only after it has been attached again.
function mended(body) {
  return body.replace('{"type":"hologram","data":"\\u2728"},', '')
    .replace(/("text":"And now\?"\})(,\{"type":"text","text":"<update name=.*?<\/update>"\})+/, '$1');
}

test('each conversation of 0.1.0 goes on with the request that 0.1.0 would have sent', options, async (t) => {
  const withUpdates = recorded.conversations.filter((one) => mended(one.requestChanged).length + 40 < one.requestChanged.length);
  assert.equal(withUpdates.length, 6);  // with none, the changed texts would test nothing
  for (const one of recorded.conversations) {
    await t.test(`${one.shown.title} in ${one.uri}`, async (t) => {
      assert.equal(await nextRequest(t, one, recorded.texts), mended(one.request));
      assert.equal(await nextRequest(t, one, changed(recorded.texts)), mended(one.requestChanged));
    });
  }
});
