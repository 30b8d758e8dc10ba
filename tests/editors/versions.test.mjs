// Tests the plugin with a daemon that is older or newer than the plugin: the features that both have work, and
// :AsideHealth says which of the two to update.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

async function open(t, kind) {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int one;\nint two;\n');
  const vim = await desk.vim('main.c');
  await vim.see('int one;');
  await vim.command(`let g:aside_command = ['${await desk.otherDaemon(kind)}']`);
  return { desk, vim };
}

test('with a daemon like that of 0.1.0, the features of this daemon work, and :AsideHealth says which ones it lacks', async (t) => {
  const { desk, vim } = await open(t, 'older');
  await vim.command('1Aside Why');
  await vim.read('You now ask: "Why".');
  await vim.rest();
  await vim.command('2AsideAdd');
  await vim.see('main.c:2 (1 line) will go with the next question');
  await vim.command('Aside And now');
  await vim.read('This is exchange 2: 3 messages');
  await vim.rest();
  assert.match(JSON.stringify((await desk.request(2)).messages.at(-1)), /int two;/);
  await vim.command('Aside');
  await vim.see('Ask about main.c');
  await vim.type('A third\x1b:w\r');
  await vim.read('This is exchange 3');
  await vim.rest();
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('A third'), 'the third exchange is taken back');
  for (const command of ['1AsideRewrite x', 'AsideBtw x', 'AsideApply', 'AsideWanted', 'AsideHere']) {
    await vim.command(`echo "" | ${command}`);
    await vim.see(/Aside: \S+ is older than this plugin and can't do that: update it/);
  }
  await vim.command('AsideModel');
  await vim.see('this conversation uses opus-5-5');
  await vim.command('tab AsideHealth');
  await vim.see(/asided is older than this plugin and lacks credential, side, rewrite, edits, wanted, marks, find,/);
  await vim.command('messages');
  const said = await vim.see(/Aside:/);
  assert.ok(!/E\d+:|Error/.test(said), said);
});

test('with a newer daemon, :AsideHealth says that the plugin can be updated', async (t) => {
  const { vim } = await open(t, 'newer');
  await vim.command('1Aside Why');
  await vim.read('You now ask: "Why".');
  await vim.rest();
  await vim.command('tab AsideHealth');
  await vim.see("asided is newer than this plugin, which doesn't use whistle: update the plugin");
});
