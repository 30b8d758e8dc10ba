// The first minutes: what there is to do is said where one looks, and what goes along is seen before it is sent.
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
  await vim.see('CTRL-A there adds the file');
  await vim.command('Aside One');
  await vim.see('exchange 1');
  await vim.rest();
  assert.ok(!(await vim.screen()).includes('Nothing has been asked'));
  await vim.command('AsideUndo');
  await vim.see('Nothing has been asked about main.c yet.');
});

test('the prompt says that no code goes along, and CTRL-A adds the file, also while one writes', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('Aside');
  await vim.see('No code goes along; CTRL-A adds main.c');
  await vim.type('What');
  await vim.press('C-a');
  await vim.see('@ main.c:1-2 (2 lines)');
  await vim.type(' is it?');
  await vim.see((screen) => !screen.includes('No code goes along'));
  await vim.press('Escape', 'C-s');
  await vim.see('exchange 1');
  assert.match(asked(await desk.request(1)), /int one;[^]*What is it\?$/);
  await vim.rest();
  await vim.command('Aside');
  await vim.see('Nothing new goes along; CTRL-A adds main.c');
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
    await vim.type(`${i}wgF`);
  }
  await vim.command('echo "made" filereadable("PWNED") &filetype');
  await vim.see('made 0 aside');
});
