// Tests of several conversations of a file, and of branches of a conversation: undo, redo, other replies, changed
// questions.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

async function open(t, ...questions) {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  for (const [i, question] of questions.entries()) {
    await vim.command(`Aside ${question}`);
    await vim.read(`This is exchange ${i + 1}`);
    await vim.rest();
  }
  return { desk, vim };
}

test('an exchange can be undone, redone, or asked differently', async (t) => {
  const { desk, vim } = await open(t, 'One', 'Two');
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('This is exchange 2'));
  await vim.command('AsideRedo');
  await vim.read('exchange 2');
  await vim.command('AsideRedo');
  await vim.see('Aside: there is nothing to redo');
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('This is exchange 2'));
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('exchange'));
  await vim.command('AsideUndo');
  await vim.see('Aside: there is no question to undo');
  await vim.command('AsideRedo');
  await vim.read('exchange 1');
  await vim.command('Aside Instead');
  await vim.read('exchange 2');
  await vim.rest();
  assert.ok(!JSON.stringify((await desk.request(3)).messages).includes('Two'));
});

const texts = (request) => request.messages.map((m) => m.content.map((block) => block.text).join()).join('|');

test('the user can go to each reply to a question, with what followed it, and what is shown is what is sent', async (t) => {
  const { desk, vim } = await open(t, 'One');
  await desk.next({ text: 'Another reply.' });
  await vim.command('wincmd l');
  await vim.type('gr');
  await vim.read('Another reply. ');
  await vim.rest();
  await vim.type(']r');
  await vim.see('Aside: this is the last reply of 2');
  await vim.command('Aside Two');
  await vim.read('This is exchange 2');
  await vim.rest();
  await vim.type('gg[r');
  await vim.see('Aside: reply 1 of 2');
  await vim.see((screen) => screen.includes('1/2') && !screen.includes('exchange 2'));
  await vim.command('wincmd h | AsideNext');
  await vim.see('Aside: reply 2 of 2');
  await vim.read('exchange 2');
  await vim.command('wincmd l');
  await vim.type('gg[r');
  await vim.see('Aside: reply 1 of 2');
  await vim.command('Aside Three');
  await vim.read('You now ask: "Three"');
  await vim.rest();
  assert.match(texts(await desk.request(4)), /^One\|[^|]*This is exchange 1[^|]*\|Three$/);
});

test('from a changed question, the user can go back to the earlier one', async (t) => {
  const { desk, vim } = await open(t, 'One');
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('exchange'));
  await vim.command('Aside Otherwise');
  await vim.read('You now ask: "Otherwise"');
  await vim.rest();
  await vim.command('wincmd l');
  await vim.type('gg[r');
  await vim.see('Aside: question 1 of 2');
  await vim.read('You now ask: "One"');
  await vim.command('Aside Two');
  await vim.read('exchange 2');
  assert.match(texts(await desk.request(3)), /^One\|[^|]*\|Two$/);
  const again = await desk.vim('main.c');
  await again.command('AsideOpen | wincmd l');
  await again.read('exchange 2');
  await again.type('gg]r');
  await again.see('Aside: question 2 of 2');
  await again.read('You now ask: "Otherwise"');
});

test('an earlier question is changed and asked in a branch, with its lines; the old one stays', async (t) => {
  const { desk, vim } = await open(t, 'One');
  await vim.command('1Aside Two');
  await vim.read('This is exchange 2');
  await vim.rest();
  await vim.command('Aside Three');
  await vim.read('This is exchange 3');
  await vim.rest();
  await vim.command('wincmd l | call search("^Two")');
  await vim.type('cc');
  await vim.see('Ask differently, and keep the old question, about main.c');
  await vim.see('@ main.c:1 (1 line)');
  await vim.type('\x1b:q\rcc changed');  // the lines that the question had attached are not listed twice
  await vim.see('Two changed');
  await vim.press('C-s');
  await vim.read('You now ask: "Two changed"');
  await vim.rest();
  const [two, changed] = [texts(await desk.request(2)), texts(await desk.request(4))];
  assert.ok(two.includes('int main;'));
  assert.equal(changed, `${two} changed`);
  await vim.command('call search("^Two")');
  await vim.type('[rG');
  await vim.read('exchange 3');
  await vim.type('ggcc');
  await vim.see('Ask differently');
  await vim.type('\x1b:q\r');
  await vim.see((screen) => !screen.includes('Ask differently'));
  await vim.type('gA');
  await vim.see(/^.*[ |]Ask about main.c/m);
  await vim.type(' more\x1b:w\r');
  await vim.read('You now ask: "One more"');
  assert.ok(texts(await desk.request(5)).endsWith('|One more'));
});

test('the first question can be changed too, and one that is refused is changed still', async (t) => {
  const { desk, vim } = await open(t, 'One');
  await vim.command('AsideEdit');
  await vim.see('Ask differently');
  await vim.press('Escape');
  await desk.next({ deltas: 40, gate: 'half', gate_after: 23 });
  await vim.command('wincmd t | Aside Count');
  await vim.read('18 19');
  await vim.command('wincmd b');
  await vim.type('A changed');
  await vim.press('C-s');
  await vim.see('Aside: Wait for the reply to end');
  await desk.release('half');
  await vim.read('38 39');
  await vim.rest();
  await vim.command('Aside');
  await vim.see('Ask differently');
  await vim.read('One changed');
  await vim.press('C-s');
  await vim.read('You now ask: "One changed"');
  assert.equal(texts(await desk.request(3)), 'One changed');
});

test('the conversations of a file are listed, and opened by choice or by title', async (t) => {
  const { vim } = await open(t, 'First conversation');
  await vim.command('AsideNew');
  await vim.see((screen) => !screen.includes('exchange'));
  await vim.leave();
  await vim.command('Aside Second conversation');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('AsideThreads');
  await vim.see(/\* 2\d\d\d-\d\d-\d\d +2 turns +\$0\.\d+ {2}Second conversation/);
  await vim.choose('Conversations, newest first', 2);
  await vim.read('You now ask: "First conversation"');
  await vim.leave();
  await vim.command('AsideThreads Second');
  await vim.read('You now ask: "Second conversation"');
  await vim.leave();
  await vim.command('AsideThreads Nonesuch');
  await vim.see('Aside: this file has no conversation called "Nonesuch"');
  await vim.type(':AsideThreads F');
  await vim.press('Tab');
  await vim.see(':AsideThreads First conversation');
  await vim.press('Enter');
  await vim.read('You now ask: "First conversation"');
  await vim.leave();
  await vim.command('AsideThreads');
  await vim.see('Conversations, newest first');
  await vim.press('Escape');
  await vim.see((screen) => !screen.includes('Conversations, newest first'));
});

test('a model and an effort are chosen for a conversation, with completion', async (t) => {
  const { desk, vim } = await open(t);
  await vim.type(':AsideModel claude-hai');
  await vim.press('Tab');
  await vim.see(/:AsideModel claude-haiku-\S+$/m);
  await vim.press('C-u');
  await vim.type('AsideModel claude-opus-5-5 hi');
  await vim.press('Tab');
  await vim.see(':AsideModel claude-opus-5-5 high');
  await vim.press('Enter');
  await vim.see('Aside: the next question goes to claude-opus-5-5 high');
  await vim.see(/main\.c {2}opus-5-5 high/);
  await vim.command('Aside One');
  await vim.read('exchange 1');
  assert.equal((await desk.request(1)).output_config.effort, 'high');
  await vim.command('AsideModel');
  await vim.see('Aside: this conversation uses opus-5-5 high');
});

test(':AsideHealth says what is there, and what to do where something is not', async (t) => {
  const { vim } = await open(t, 'One');
  await vim.command('let g:aside_options = {"effort": "low"} | tab AsideHealth');
  for (const line of [/^ {2}\d+\.\d+\.\d+, with all that is needed/m, /^ {2}found: \S+asided/m,
    /^ {2}this plugin: \/\S+\/editors\/(neo)?vim$/m, /^ {2}asided: +\d+\.\d+\.\d+, protocol 1, linux/m, /^ {2}program: +\/\S+/m,
    /^ {2}process \d+, version \S+, protocol 1/m, /^ {2}asided and this plugin fit together/m, "g:aside_options = {'effort': 'low'}",
    /^ {2}store: .*can be used/m, /^ {2}API: .*answers as a Messages API does/m]) await vim.see(line);
  await vim.command('q | let g:aside_command = "nonesuch"');
  await vim.command('AsideHealth');
  await vim.see('not found: install asided, or set g:aside_command');
});
