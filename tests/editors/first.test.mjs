// Tests of the first minutes of a new user: the screen says what the user can do, and shows what will be sent.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');

async function open(t, ...args) {
  const desk = await Desk.open(t);
  desk.size = { columns: 80, rows: 24 };
  await desk.write('main.c', 'int one;\nint two;\n');
  await desk.write('other.c', Array.from({ length: 40 }, (_, i) => `int line${i + 1};`).join('\n') + '\n');
  return { desk, vim: await desk.vim(...args, 'main.c') };
}

test('an empty conversation says what to do, and that is gone with the first question', async (t) => {
  const { vim } = await open(t);
  await vim.command('AsideOpen');
  await vim.see('Nothing has been asked about main.c yet.');
  await vim.see(':%Aside {question}');
  await vim.see('CTRL-A adds the file');
  await vim.command('Aside One');
  await vim.see('exchange 1');
  await vim.rest();
  assert.ok(!(await vim.screen()).includes('Nothing has been asked'));
  await vim.command('AsideUndo');
  await vim.see('Nothing has been asked about main.c yet.');
});

test('the prompt says that no code is attached, and CTRL-A adds the file, also while one writes', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('Aside');
  await vim.see('No code is attached; CTRL-A adds main.c');
  await vim.type('What');
  await vim.press('C-a');
  await vim.see('@ main.c:1-2 (2 lines)');
  await vim.type(' is it?');
  await vim.see((screen) => !screen.includes('No code is attached'));
  await vim.press('Escape', 'C-s');
  await vim.see('exchange 1');
  assert.match(asked(await desk.request(1)), /int one;[^]*What is it\?$/);
  await vim.rest();
  await vim.command('Aside');
  // There is no offer to add the file again, since the user would pay for it a second time.
  await vim.see(/Claude has main\.c *$/m);
});

test('what Claude has is named, and the file is offered only while Claude has less than it', async (t) => {
  const { vim } = await open(t);
  await vim.command('edit other.c | 3,4Aside These');
  await vim.see('exchange 1');
  await vim.rest();
  await vim.command('Aside');
  await vim.see('Claude has other.c:3-4; CTRL-A adds other.c');
  await vim.press('Escape');
  await vim.command('q | %Aside All');
  await vim.see('exchange 2');
  await vim.rest();
  await vim.command('Aside');
  await vim.see(/Claude has other\.c *$/m);
});

test('code that was sent with a failed question is not listed as known', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ status: 400 });
  await vim.command('%Aside Why');
  await vim.see('Left out of later questions');
  await vim.command('Aside');
  await vim.see('No code is attached; CTRL-A adds main.c');
});

test('health shows the line that matters at 80 columns and 24 rows', async (t) => {
  const { vim } = await open(t);
  await vim.command('AsideHealth');
  await vim.see('found: ');
  await vim.see('Daemon');
});

for (const key of ['gf', '\r', 'gF', '\x17f']) {
  test(`${JSON.stringify(key)} on the name of a file in a reply goes to its line`, async (t) => {
    const { desk, vim } = await open(t);
    await desk.next({ text: 'See `other.c:17`, or (other.c:3:5).\n' });
    await vim.command('Aside Where');
    await vim.see('See `other.c:17`');
    await vim.rest();
    await vim.command('wincmd w | call search("other.c:17")');
    await vim.type(key);
    await vim.command('echo "at" expand("%:t") line(".")');
    await vim.see('at other.c 17');
    await vim.command('wincmd w | call search("other.c:3")');
    await vim.type(key);
    await vim.command('echo "at" expand("%:t") line(".")');
    await vim.see('at other.c 3');
  });
}

test('a name in a reply is never expanded or fetched', async (t) => {
  const { desk, vim } = await open(t, '-c', 'autocmd BufReadCmd,FileReadCmd *://* call writefile([], "PWNED")');
  await writeFile(join(desk.folder, 'work', 'x`touch PWNED`.c'), 'int x;\n');
  await desk.next({ text: 'See http://127.0.0.1/x.c:1 $HOME/x ~root/x scp://h/x `touch` |q +q.\n' });
  await vim.command('Aside Where');
  await vim.see('See http');
  await vim.rest();
  await vim.command('wincmd w | call search("^See")');
  for (let i = 0; i < 9; i++) {
    await vim.command('call search("^See") | normal! 0');
    await vim.type(`${i}wgf`);
    for (const keys of ['gF', ']f', '[f', 'viWgf', 'viW]f']) {
      await vim.command('call search("^See") | normal! 0');
      await vim.type(`${i}w${keys}\x1b`);
    }
  }
  await vim.command('echo "made" filereadable("PWNED") &filetype');
  await vim.see('made 0 aside');
});

test('a name in a preview is never expanded or fetched', async (t) => {
  const { vim } = await open(t, '-c', 'autocmd BufReadCmd,FileReadCmd *://* call writefile([], "PWNED")');
  await vim.command('AsidePreview See http://127.0.0.1/x.c:1 scp://h/x');
  await vim.see('What would be sent about main.c');
  await vim.see('scp://h/x');
  for (const keys of ['gf', 'gF', ']f', '[f', 'viWgf']) {
    await vim.command('call search("scp:")');
    await vim.type(`${keys}\x1b`);
    await vim.command('call search("http:")');
    await vim.type(`${keys}\x1b`);
  }
  await vim.command('echo "made" filereadable("PWNED") winnr("$")');
  await vim.see('made 0 2');
});

for (const [window, command, word] of [
  ['page', 'AsideOpen', 'strlen'], ['preview', 'AsidePreview What is strlen', 'strlen'], ['usage', 'AsideUsage', 'Replies'], ['health', 'AsideHealth', 'settings'],
  ['instructions', 'AsideInstructions', 'instructions'],
]) {
  test(`K on a word in the ${window} never runs keywordprg`, async (t) => {
    const { desk, vim } = await open(t, '-c', 'set keywordprg=touch\\ PWNED');
    await desk.next({ text: 'See strlen.\n' });
    await vim.command('Aside Where');
    await vim.see('See strlen');
    await vim.rest();
    await vim.command(command);
    await vim.see(word);
    await vim.command('if &buftype == "" | wincmd w | endif | let window = win_getid()');
    for (const keys of ['K', 'viwK']) {
      await vim.command(`call search("${word}", "cw") | echo "at" expand("<cword>") &buftype`);
      await vim.see(new RegExp(`^at ${word} no(file|write)`, 'm'));
      await vim.type(keys);
      await vim.see(/\[Help\]|E149: (Sorry, no|No) help for/);
      await vim.command('helpclose | call win_gotoid(window) | echo "made" filereadable("PWNED")');
      await vim.see('made 0');
    }
  });
}

test('a prompt that is about code does not go out without any, unless it is sent once more', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('Aside /explain');
  await vim.see('No code is attached; CTRL-A adds main.c');
  await vim.see('Ask about main.c');
  await vim.press('C-a');
  await vim.see('@ main.c:1-2 (2 lines)');
  await vim.press('C-s');
  await vim.see('exchange 1');
  assert.match(asked(await desk.request(1)), /int one;[^]*Explain what this code does/);
  await vim.rest();
  await vim.command('AsideNew');
  await vim.see('Nothing has been asked');
  await vim.see('-- INSERT --');
  await vim.type('/review\x1b');
  await vim.command('w');
  await vim.see('Aside: no code is attached');
  await vim.command('w');
  await vim.see('exchange 1');
});

test('what has changed is seen above the question before it is sent, and :w! leaves it out', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('%Aside One');
  await vim.see('exchange 1');
  await vim.rest();
  await vim.command('%s/two/zwei/');
  await vim.command('Aside');
  await vim.see(/Changes that will be sent: main\.c \(\d+ tokens\); :w! leaves them out/);
  await vim.type('Two\x1b');
  await vim.command('w!');
  await vim.see('exchange 2');
  assert.ok(!asked(await desk.request(2)).includes('zwei'));
});

test('the price of attachments is shown before the question is sent, unless it is very low', async (t) => {
  const { desk, vim } = await open(t);
  await desk.write('main.c', 'int line; // and some more words of it\n'.repeat(3000));
  await vim.command('edit | Aside');
  await vim.see('No code is attached');
  await vim.press('C-a');
  await vim.see(/with 1 attachment \([\d.]+k tokens\), \$0\.\d+/);
  await vim.press('Escape');
  await vim.command('q | AsideNew | edit other.c | AsideAdd main.c');
  await vim.see(/will go with the next question, 2 attachments now: \$0\.\d+$/m);
  const other = await desk.vim('other.c');
  await other.command('AsideAdd main.c');
  await other.see(/main\.c will go with the next question: [\d.]+k tokens, \$0\.\d+$/m);
  const third = await desk.vim('other.c');
  await third.command('1AsideAdd');
  await third.see(/other\.c:1 \(1 line\) will go with the next question *$/m);
});

test('a price is written in the status line as it is in the heading', async (t) => {
  const { vim } = await open(t);
  await vim.command('Aside Why');
  await vim.see('exchange 1');
  await vim.rest();
  await vim.command('wincmd w | wincmd _ | normal! gg');
  await vim.see(/## Claude .*\$/);
  const screen = await vim.screen();
  const prices = screen.match(/\$[\d.]+/g);
  assert.ok(prices.length >= 2 && new Set(prices).size === 1, screen);
});

test('without a key the page says so, and the waiting question is asked when there is one', async (t) => {
  const desk = await Desk.open(t);
  desk.size = { columns: 80, rows: 24 };
  delete desk.env.ANTHROPIC_API_KEY;
  await desk.write('main.c', 'int one;\n');
  const vim = await desk.vim('main.c');
  await vim.command('AsideOpen');
  await vim.see(/Nothing can be asked yet\.\n:AsideKey sets a key; make one at \S+\nOr: /);
  await vim.see('https://platform.claude.com/settings/keys');
  await vim.command('%Aside Why');
  await vim.see(/^ main\.c · Why  :AsideKey sets a key, then the question is asked *$/m);
  await vim.see('Asked again automatically when an API key is set in the editor.');
  await vim.command('AsideKey');
  await vim.type('sk-ant-typed');
  await vim.see('************');
  await vim.press('Enter');
  await vim.see('exchange 1');
  await vim.rest();
  assert.match(asked(await desk.request(1)), /Why$/);
  await vim.killDaemon();
  await vim.see('the daemon was ended');
  await vim.command('Aside Again');
  await vim.see('exchange 2');
});
