// Tests of errors: a message says what went wrong and what to do, and the conversation can be continued.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

test('what was shown before the daemon was killed is there, marked, and the conversation goes on', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  let vim = await desk.vim('main.c');
  const witness = await desk.vim('main.c');
  await desk.next({ deltas: 90, gate: 'never', gate_after: 33 });
  await vim.command('Aside Count');
  await vim.read('28 29');
  await witness.command('AsideOpen');
  await witness.read('28 29');  // now the text is in the store
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
  await vim.read('- main.c, lines 1-1, begins `int main;`');
});

test('a daemon that does not answer is waited for no longer than 2 seconds, one that dies no longer than that', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await vim.command('Aside One');
  await vim.read('This is exchange 1');
  await vim.rest();
  process.kill(await vim.daemon(), 'SIGSTOP');
  await vim.command('AsideThreads');
  await vim.see(/Aside: \S+asided has not answered in 2 seconds/);
  await vim.command('AsideSearch one');
  await vim.killDaemon();
  await vim.see('Aside: the daemon was ended by signal "kill"');
  await vim.command('AsideThreads');
  await vim.see('Conversations, newest first');
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

test('a page is about its file, though the buffer was wiped and the daemon died', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('bwipe main.c');
  await vim.killDaemon();
  await vim.see('the next question starts it again');
  await vim.command('wincmd l | Aside Two');
  await vim.see('This is exchange 2');
  await vim.command('qa');
  await vim.ended();
  const again = await desk.vim('main.c');
  await again.command('AsideOpen');
  await again.read('This is exchange 2');
});

test('a silent or broken network is shown, and what came is kept', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await desk.next({ wait: 700 });
  await vim.command('Aside Slow headers');
  await vim.see(/ {2}(connecting|waiting)\.\.\./);
  await vim.read('exchange 1');
  await vim.rest();
  await desk.next({ deltas: 90, fault: 'silence', after: 33 });
  await vim.command('Aside Silence');
  await vim.read('28 29');
  await vim.see('writing...');
  await vim.command('AsideStop');
  await vim.read('Cancelled');
  await desk.next({ deltas: 90, fault: 'rst', after: 33 });
  await vim.command('Aside Drop');
  await vim.read('Interrupted');
  await vim.command('AsideContinue');
  await vim.read('exchange 4');
});

test('an error begins with what to do, even in a narrow terminal, and :messages has all of it', async (t) => {
  const desk = await Desk.open(t);
  desk.size = { columns: 80, rows: 24 };
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await desk.next({ status: 401 });
  await vim.command('Aside One');
  const screen = await vim.see(/^Aside: The key was refused: check ANTHROPIC_API_KEY.*\.\.\.$/m);
  assert.ok(!screen.includes('ENTER'));
  await vim.command('messages');
  await vim.see('The stand-in was asked for this');
});

test('leaving Vim while a reply is written says what becomes of it', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await desk.next({ deltas: 90, gate: 'never', gate_after: 33 });
  await vim.stay();
  await vim.command('Aside Count');
  await vim.read('28 29');
  await vim.command('qa');
  await vim.ended();
  assert.match(await vim.all(), /Aside: the reply about main\.c goes on in the daemon; :AsideOpen shows it\./);
});

test('where nothing was asked, :AsideRetry and :AsideContinue say so, in no words of the protocol', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  for (const command of ['AsideRetry', 'AsideContinue']) {
    await vim.command(command);
    await vim.see('Aside: Ask a question. (nothing has been asked in this conversation)');
    await vim.command('echo');
    await vim.see((screen) => !screen.includes('Aside: Ask'), 'no message');
  }
});

test('the message about a question that failed stays on the screen when the page scrolls to the failure', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await vim.command('AsideOpen');
  await vim.see('Nothing has been asked');
  for (let n = 1; n <= 6; n++) {
    await desk.next({ status: 400, message: `wrong ${n}` });
    await vim.command(`Aside Question ${n}`);
    await vim.see(new RegExp(`\\*Failed: .*wrong ${n}`));
    await vim.see(new RegExp(`^Aside: asking .*wrong ${n}`, 'm'));
  }
});
