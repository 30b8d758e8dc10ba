// More than one conversation, more than one way through it.
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

test('an exchange can be taken back, had again, or asked differently', async (t) => {
  const { desk, vim } = await open(t, 'One', 'Two');
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('This is exchange 2'));
  await vim.command('AsideRedo');
  await vim.read('exchange 2');
  await vim.command('AsideRedo');
  await vim.see('Aside: there is nothing to go forward to');
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('This is exchange 2'));
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('exchange'));
  await vim.command('AsideUndo');
  await vim.see('Aside: there is no question to take back');
  await vim.command('AsideRedo');
  await vim.read('exchange 1');
  await vim.command('Aside Instead');
  await vim.read('exchange 2');
  await vim.rest();
  assert.ok(!JSON.stringify((await desk.request(3)).messages).includes('Two'));
});

test('the conversations of a file are listed, and opened by choice or by title', async (t) => {
  const { vim } = await open(t, 'First thread');
  await vim.command('AsideNew');
  await vim.see((screen) => !screen.includes('exchange'));
  await vim.command('Aside Second thread');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('AsideThreads');
  await vim.see(/2\d\d\d-\d\d-\d\d {2}Second thread {2}\(2 turns, \$0\.\d+\)/);
  await vim.type('j');
  await vim.press('Enter');
  await vim.read('You now ask: "First thread"');
  await vim.command('AsideThreads Second');
  await vim.read('You now ask: "Second thread"');
  await vim.command('AsideThreads Nonesuch');
  await vim.see('Aside: this file has no conversation called "Nonesuch"');
  await vim.type(':AsideThreads F');
  await vim.press('Tab');
  await vim.see(':AsideThreads First thread');
  await vim.press('Enter');
  await vim.read('You now ask: "First thread"');
  await vim.command('AsideThreads');
  await vim.see('Conversations, newest first');
  await vim.press('Escape');
  await vim.see((screen) => !screen.includes('Conversations, newest first'));
});

test('a model and an effort are chosen for a thread, with completion', async (t) => {
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
  for (const line of [/^ {2}9\.\d+\.\d+, with all that is needed/m, /^ {2}found: \S+asided/m,
    /^ {2}process \d+, version \S+, protocol 1/m, "g:aside_options = {'effort': 'low'}",
    /^ {2}store: .*can be used/m, /^ {2}API: .*answers, and takes the key/m]) await vim.see(line);
  await vim.command('q | let g:aside_command = "nonesuch"');
  await vim.command('AsideHealth');
  await vim.see('not found: install asided, or set g:aside_command');
});
