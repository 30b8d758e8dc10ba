// Tests of a conversation in Vim: what is sent with a question, and what is kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

const roles = (request) => request.messages.map((message) => message.role).join(' ');

// Returns the sent bytes without cache marks.
const unmarked = (key, value) => (key === 'cache_control' ? undefined : value);
const bytes = (messages) => JSON.stringify(messages, unmarked);

const source = ['int main() {', '  int first;', '  int second;', '  int third;', '}', ''].join('\n');

test('each question carries the whole conversation, also when Vim has been closed in between', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', source);
  let vim = await desk.vim('main.c');
  await vim.command('Aside Define quantum computing in one sentence');
  await vim.read('You now ask: "Define quantum computing in one sentence".');
  await vim.rest();
  await vim.command('Aside Write another sentence');
  await vim.read('Before this you asked: "Define quantum computing in one sentence".');
  await vim.rest();

  const [first, second] = [await desk.request(1), await desk.request(2)];
  assert.equal(roles(first), 'user');
  assert.equal(roles(second), 'user assistant user');
  assert.equal(bytes(second.messages.slice(0, 1)), bytes(first.messages));
  assert.equal(bytes(second.system), bytes(first.system));

  await vim.command('qa');
  await vim.ended();
  vim = await desk.vim('main.c');
  await vim.command('AsideOpen');
  await vim.read('entangled, so that for some problems it needs far fewer steps.');
  await vim.command('Aside And a third');
  await vim.read('This is exchange 3: 5 messages');
  const third = await desk.request(3);
  assert.equal(roles(third), 'user assistant user assistant user');
  assert.equal(bytes(third.messages.slice(0, 3)), bytes(second.messages));
});

test('only the chosen lines are sent, and those that were put with the question', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', source);
  await desk.write('other.c', 'int other;\nint unwanted;\n');
  const vim = await desk.vim('main.c');
  await vim.command('Aside Nothing of the file');
  await vim.read('0 attachments');
  await vim.rest();
  assert.ok(!bytes(await desk.request(1)).includes('main'));

  await vim.command('edit other.c');
  await vim.command('1AsideAdd');
  await vim.see('Aside: other.c:1 (1 line) will go with the next question');
  await vim.command('edit main.c');
  await vim.command('2s/first/changed/');
  await vim.command('2,3Aside Why');
  await vim.read('- other.c, lines 1-1, begins `int other;`');
  await vim.read('- main.c, lines 2-3, begins `int changed;`');
  await vim.rest();
  const sent = bytes((await desk.request(2)).messages);
  for (const word of ['other', 'changed', 'second']) assert.ok(sent.includes(word), word);
  for (const word of ['unwanted', 'third', 'first']) assert.ok(!sent.includes(`int ${word}`), word);

  await vim.command('Aside Again');
  await vim.read('0 attachments (2 in the whole conversation)');
});

test('a buffer without a name takes its conversation along to its file', async (t) => {
  const desk = await Desk.open(t);
  const vim = await desk.vim();
  await vim.command('Aside Before');
  await vim.read('This is exchange 1');
  await vim.rest();
  await vim.command('write a\\ b\\%\\#ü.txt');
  await vim.see('written');
  await vim.command('qa');
  await vim.ended();
  const again = await desk.vim('a b%#ü.txt');
  await again.command('Aside After');
  await again.read('Before this you asked: "Before".');
});

test('a second Vim shows the reply that the first one gets', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', source);
  const [one, two] = [await desk.vim('main.c'), await desk.vim('main.c')];
  await desk.next({ deltas: 40, gate: 'half', gate_after: 23 });
  await one.command('Aside Count');
  await one.read('18 19');
  await two.command('AsideOpen');
  await two.read('18 19');
  await desk.release('half');
  for (const vim of [one, two]) {
    await vim.read('38 39');
    await vim.rest();
  }
});

test('a reply can be requested again, or continued', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', source);
  const vim = await desk.vim('main.c');
  await desk.next({ text: 'Half of a thought', stop_reason: 'max_tokens' });
  await vim.command('Aside Think');
  await vim.read('Cut off');
  await vim.rest();
  await vim.command('AsideContinue');
  await vim.read('This is exchange 2');
  await vim.rest();
  await vim.command('AsideRetry');
  await vim.read('2/2');
  await vim.rest();
  assert.equal(bytes((await desk.request(3)).messages), bytes((await desk.request(2)).messages));
  await vim.command('AsideNew | Aside Afresh');
  await vim.read('This is exchange 1');
});

test('a conversation stays while its buffers come and go', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', source);
  await desk.write('other.c', 'int other;\n');
  const vim = await desk.vim('main.c');
  await vim.command('Aside One');
  await vim.read('This is exchange 1');
  await vim.rest();
  await vim.command('edit other.c');
  await vim.command('wincmd l | close | bwipe main.c');
  await vim.command('edit main.c');
  await vim.command('%Aside Two');
  await vim.read('This is exchange 2');
  await vim.rest();
  await vim.command('bdelete | Aside From its window, without the file');
  await vim.see('This is exchange 3');
});
