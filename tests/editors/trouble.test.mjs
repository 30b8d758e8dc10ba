// What a user reads when something goes wrong, and that going on is always possible.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

test('what was shown before the daemon was killed is there, marked, and the thread goes on', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  let vim = await desk.vim('main.c');
  const witness = await desk.vim('main.c');
  await desk.next({ deltas: 90, gate: 'never', gate_after: 33 });
  await vim.command('Aside Count');
  await vim.read('28 29');
  await witness.command('AsideOpen');
  await witness.read('28 29');  // so it is in the store
  await vim.killDaemon();
  await vim.see('Aside: the daemon was ended by signal "kill"; the next question starts it again.');
  await vim.command('qa');
  await vim.ended();

  vim = await desk.vim('main.c');
  await vim.command('AsideOpen');
  await vim.read('Interrupted');
  await vim.read('28 29');
  await vim.command('Aside Go on');
  await vim.read('This is exchange 2');
  assert.equal((await desk.request(2)).messages.length, 3);
});

test('a daemon that died is started again by the next question', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await vim.command('Aside One');
  await vim.read('This is exchange 1');
  await vim.rest();
  await vim.killDaemon();
  await vim.see('the next question starts it again');
  await vim.command('%Aside Two');
  await vim.read('- main.c, begins `int main;`');
});

test('a daemon that is not there is explained in a line', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('-c', 'let g:aside_command = "nonesuch"', 'main.c');
  await vim.command('Aside Anything');
  await vim.see('Aside: install nonesuch or set g:aside_command, :help aside-install');
  await vim.command('let g:aside_command = ["sh", "-c", "echo no such library >&2; exit 3"]');
  await vim.command('Aside Anything');
  await vim.see('Aside: the daemon ended with status 3; the next question starts it again. no such library');
});

test('an error says what is wrong and what to do', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await desk.next({ status: 401 });
  await vim.command('Aside One');
  await vim.see(/^Aside: .*key/m);
  await vim.read('Failed');
  await vim.command('AsideRetry');
  await vim.read('This is exchange 1');
});

test('a reply that has to wait says for how long', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await desk.next({ status: 429, headers: { 'retry-after': '3' } });
  await vim.command('Aside One');
  await vim.see(/retrying in 3 s \(\d of \d\): /);
  await vim.see(/retrying in 1 s/);
  await vim.read('This is exchange 1');
});
