// Tests of the signs beside lines that were asked about, and of :AsideHere, which goes from such lines to the question
// and back.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

const code = Array.from({ length: 40 }, (_, i) => `int line${i + 1};\n`).join('');

async function open(t, ...args) {
  const desk = await Desk.open(t);
  await desk.write('main.c', code);
  return { desk, vim: await desk.vim(...args, 'main.c') };
}

async function ask(desk, vim, range, question) {
  await desk.next({ text: `About ${question}.`, thinking: '' });
  await vim.command(`${range}Aside ${question}`);
  await vim.read(`About ${question}.`);
  await vim.rest();
}

// Waits until the signs are beside these lines of main.c.
async function signs(vim, wanted) {
  await vim.command('echo "signs" sign_getplaced("main.c", {"group": "aside"})[0].signs->mapnew("v:val.lnum")');
  await vim.see(`signs [${wanted.join(', ')}]`);
}

async function at(vim, wanted) {
  await vim.command('echo "at" bufname() line(".") getline(".")');
  await vim.see(wanted);
}

test(':AsideHere goes from lines to the newest question about them, then to the one before; gh goes back to the lines', async (t) => {
  const { desk, vim } = await open(t);
  await ask(desk, vim, '5,9', 'first');
  await ask(desk, vim, '8,12', 'second');
  await vim.command('8');
  await vim.command('AsideHere');
  await vim.see('Aside: question 1 of 2');
  await at(vim, /^at aside:\/\/.*\n?.* ## You/m);
  await vim.type('gh');
  await at(vim, /^at main\.c 8 int line8;$/m);
  await vim.command('AsideHere');
  await vim.see('Aside: question 2 of 2');
  await vim.type('gh');
  await at(vim, /^at main\.c 5 int line5;$/m);
  await vim.command('30');
  await vim.command('AsideHere');
  await vim.see('Aside: nothing was asked about this line');
});

test('after edits, unsaved too, the lines are found where they are now, or said to be gone', async (t) => {
  const { desk, vim } = await open(t);
  await ask(desk, vim, '5,9', 'first');
  await vim.command('1put! =[\\"new\\", \\"lines\\"]');
  await vim.type('\x17l');
  await vim.command('normal! gg');
  await vim.type('gh');
  await at(vim, /^at main\.c 7 int line5;$/m);
  await vim.command('7,11delete');
  await vim.type('\x17l');
  await vim.type('gh');
  await vim.see('Aside: no lines of this question are in the file now');
});

test('signs stand where the column for signs is in use, and nowhere else', async (t) => {
  const { desk, vim } = await open(t);
  await ask(desk, vim, '5,9', 'first');
  await signs(vim, []);
  await vim.command('sign define other text=E');
  await vim.command('sign place 1 line=39 name=other buffer=1');
  await ask(desk, vim, '20,22', 'second');
  await signs(vim, [5, 20]);
  await vim.command('20,22delete');
  await vim.command('3delete');
  await vim.command('doautocmd CursorHold');
  await signs(vim, [4]);
});

for (const [setting, wanted] of [['let g:aside_marks = 1', [5]], ['set signcolumn=yes', [5]], ['let g:aside_marks = 0 | set signcolumn=yes', []]]) {
  test(`${setting}: ${wanted.length} sign`, async (t) => {
    const { desk, vim } = await open(t, '--cmd', setting);
    await ask(desk, vim, '5,9', 'first');
    await signs(vim, wanted);
    const screen = await vim.screen();
    assert.equal(/^\? *int line5;/m.test(screen), wanted.length > 0);
  });
}

test('a side question has its lines, too', async (t) => {
  const { desk, vim } = await open(t);
  await ask(desk, vim, '1,2', 'first');
  await desk.next({ text: 'Beside.', thinking: '' });
  await vim.command('15,17AsideBtw by the way');
  await vim.see('Beside.');
  await vim.rest();
  await vim.command('16');
  await vim.command('AsideHere');
  await at(vim, /by the way · /);
});

test("in a review, :AsideHere opens the page that the review's tab doesn't show", async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: '```c\nint nine;\n```', thinking: '' });
  await vim.command('9AsideRewrite shorter');
  await vim.see('Proposal for main.c');
  await vim.type('\x17\x17');
  await vim.command('AsideHere');
  await at(vim, /^at aside:\/\/.*\n?.* ## You/m);
});
