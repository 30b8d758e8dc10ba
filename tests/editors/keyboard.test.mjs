// Tests of the place of the cursor after a command. After a command that leads to a question, the cursor is in the
// prompt, so that no sentence is typed into the code.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Desk, hold } from './support/desk.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');
const sentence = 'dd is what I type, quickly';  // typed in Normal mode, this would delete a line and change more

async function open(t, ...args) {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int one;\nint two;\n');
  await desk.write('other.c', 'int other;\n');
  const vim = await desk.vim(...args, 'main.c');
  await vim.command('Aside First');
  await vim.read('exchange 1');
  await vim.rest();
  return { desk, vim };
}

// Waits until the cursor is in this file, the code is unchanged, and there are this many windows.
async function at(vim, file, windows) {
  await vim.command('echo "at" expand("%:t") mode() join(getbufline("main.c", 1, "$")) winnr("$")');
  await vim.see(new RegExp(`^at ${file} n int one; int two; ${windows}$`, 'm'));
}

const menu = (vim) => vim.choose('Conversations, newest first', 1);
const leading = {
  'AsideNew': async () => {},
  'AsideThreads': menu,
  'AsideThreads First': async () => {},
  'AsideFork Other words': async () => {},
  'AsideFork': async (vim) => {
    await vim.see('Name of the fork: First');
    await vim.type(' once more\r');
  },
};
for (const [command, choose] of Object.entries(leading)) {
  test(`:${command} ends in the prompt, and a sentence is the next question`, async (t) => {
    const { desk, vim } = await open(t);
    await vim.command(command);
    await choose(vim);
    await vim.see('-- INSERT --');
    await vim.type(sentence);
    await vim.read(sentence);
    await vim.press('C-s');
    await vim.read(/New/.test(command) ? 'exchange 1' : 'exchange 2');
    assert.ok(asked(await desk.request(2)).endsWith(sentence));
    await vim.rest();
    await at(vim, 'main.c', 2);
  });
}

test('a conversation that is chosen in the page is shown for reading there', async (t) => {
  const { vim } = await open(t);
  await vim.command('wincmd l');
  await vim.type('gl');
  await menu(vim);
  await vim.see((screen) => !screen.includes('Conversations, newest first'));
  await at(vim, 'main.c', 2);
  await vim.command('echo &filetype');
  await vim.see(/^aside$/m);
});

test('a fork in the page ends in the prompt', async (t) => {
  const { vim } = await open(t);
  await vim.command('wincmd l');
  await vim.type('gb once more\r');
  await vim.see('-- INSERT --');
  await vim.type(`${sentence}\x1b:q\r`);
  await vim.command('echo &filetype');
  await vim.see(/^aside$/m);
  await vim.command('wincmd h');
  await at(vim, 'main.c', 2);
});

test('a menu that is left by <Esc>, a fork without a name, and a conversation that is not there leave the cursor where it is', async (t) => {
  const { vim } = await open(t);
  await vim.command('AsideThreads');
  await vim.see('Conversations, newest first');
  await vim.press('Escape');
  await vim.see((screen) => !screen.includes('Conversations, newest first'));
  await at(vim, 'main.c', 2);
  await vim.command('AsideFork');
  await vim.see('Name of the fork: First');
  await vim.press('Escape');
  await at(vim, 'main.c', 2);
  await vim.command('AsideThreads Nonesuch');
  await vim.see('Aside: this file has no conversation called "Nonesuch"');
  await at(vim, 'main.c', 2);
});

test('what follows in a command line or a map is done where it was meant to be', async (t) => {
  const { desk, vim } = await open(t, '-c', 'nnoremap <F5> :AsideNew<CR>:2Aside Third<CR>');
  await vim.command('AsideNew | 1Aside Second');
  await vim.read('begins `int one;`');
  await vim.rest();
  assert.ok(asked(await desk.request(2)).endsWith('Second'));
  await at(vim, 'main.c', 2);
  await vim.press('F5');
  await vim.read('begins `int two;`');
  await vim.rest();
  assert.ok(asked(await desk.request(3)).endsWith('Third'));
  await at(vim, 'main.c', 2);
  await vim.command('AsideNew | edit other.c');
  await at(vim, 'other.c', 2);
});

test(':AsideAdd goes back to a prompt that is open, whatever file it is about, and elsewhere stays', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('1AsideAdd | 2AsideAdd');
  await vim.see('main.c:2 (1 line) will go with the next question, 2 attachments now');
  await at(vim, 'main.c', 2);
  await vim.command('Aside');
  await vim.see('-- INSERT --');
  await vim.type('Half of it, \x1b');
  await vim.command('wincmd t | edit other.c | AsideAdd');
  await vim.see('@ other.c:1 (1 line)');
  await vim.see('-- INSERT --');
  await vim.type('and the rest');
  await vim.read('Half of it, and the rest');
  await vim.press('Escape');
  await vim.command('wincmd t | AsideAdd main.c');
  await vim.see('-- INSERT --');
  await vim.type('.');
  await vim.press('C-s');
  await vim.read('exchange 2');
  assert.match(asked(await desk.request(2)), /Half of it, and the rest\.$/);
  await vim.rest();
  await at(vim, 'other.c', 2);
});

test('what :AsideAdd refuses is said, and the cursor stays', async (t) => {
  const { vim } = await open(t);
  await vim.command('Aside');
  await vim.see('-- INSERT --');
  await vim.press('Escape');
  await vim.command('wincmd t | AsideAdd nonesuch.c');
  await vim.see(/^Aside: .*nonesuch\.c/m);
  await at(vim, 'main.c', 3);
});

test('a sentence that is typed while a slow daemon is waited for goes to the prompt, too', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideModel claude-opus-5-5 high');  // when this is answered, the daemon has nothing else to do
  await vim.see(/Aside: the next question goes to/);
  const goOn = hold(t, await vim.daemon());
  await vim.command('echo "begun" | redraw | AsideThreads First');
  await vim.see(/^begun/m);
  await vim.type(sentence);
  goOn();
  await vim.see('-- INSERT --');
  await vim.read(sentence);
  await vim.press('C-s');
  await vim.read('exchange 2');
  await vim.rest();
  await at(vim, 'main.c', 2);
});
