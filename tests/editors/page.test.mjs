// Tests of the conversation's page: its keys, its folds, its colours, and the windows in which it opens.
import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk, neovim } from './support/desk.mjs';
import { until } from './support/terminal.mjs';

const text = ['Look:', '', '```c', 'int code;', 'return 1;', '```', '', '- in a list', '  ~~~sh', '  echo list',
  '  ~~~', 'End.'].join('\n');

async function open(t, ...args) {
  const desk = await Desk.open(t);
  await desk.write('main.c', Array.from({ length: 40 }, (_, i) => `int line${i + 1};`).join('\n') + '\n');
  const vim = await desk.vim(...args, 'main.c');
  return { desk, vim };
}

async function answered(t, ...args) {
  const { desk, vim } = await open(t, ...args);
  await desk.next({ text, thinking: 'First thought.\nSecond thought.' });
  await vim.command('30,32Aside Why');
  await vim.read('End.');
  await vim.rest();
  await vim.command('wincmd l');
  return { desk, vim };
}

test('what was shared and what was thought is folded, and opens', async (t) => {
  const { vim } = await answered(t);
  await vim.read('+-- `main.c:30-32` (3 lines)');
  await vim.read('+-- thinking (2 lines)');
  assert.ok(!(await vim.screen()).includes('Second thought'));
  await vim.type('zR');
  await vim.read('> Second thought.');
  await vim.read('int line31;');
});

test('what another editor asks while a question is typed is folded, too', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideOpen');
  await vim.command('Aside');
  await vim.type('What about');
  const other = await desk.vim('main.c');
  await other.command('30,32Aside Why');
  await vim.read('You now ask: "Why"');
  await vim.press('Escape');
  await vim.read('+-- `main.c:30-32` (3 lines)');
  assert.ok(!(await vim.screen()).includes('int line31;'));
});

test('code is highlighted in its language', async (t) => {
  const { vim } = await answered(t);
  const group = 'synIDattr(synID(line("."), 1, 1), "name")';
  await vim.command(`call search("^int code") | let a = ${group} | call search("^return") | let b = ${group}`);
  await vim.command(`call search("^## Cl") | echo a b ${group}`);
  await vim.see('cType cStatement asideHeading');
});

test('gy yanks the block under the cursor, into a register if one is named', async (t) => {
  const { vim } = await answered(t);
  await vim.command('call search("^return")');
  await vim.type('gy');
  await vim.see('Aside: 2 lines of code yanked');
  await vim.command('echo tr(@", "\\n", "/")');
  await vim.see('int code;/return 1;/');
  await vim.command('call search("echo list")');
  await vim.type('"qgy');
  await vim.see('Aside: 1 line of code yanked');
  await vim.command('echo tr(@q, "\\n", "/")');
  await vim.see(/^echo list\/$/m);
  await vim.type('gggy');
  await vim.see('Aside: no code block under the cursor');
});

test('<CR> on shared lines goes to them, also if their window was closed', async (t) => {
  const { vim } = await answered(t);
  await vim.command('call search("main.c:30")');
  await vim.press('Enter');
  await vim.command('echo expand("%:t") line(".")');
  await vim.see(/^main.c 30$/m);
  await vim.command('bwipe | wincmd l | call search("main.c:30", "w")');
  await vim.press('Enter');
  await vim.command('echo expand("%:t") line(".") winnr("$")');
  await vim.see(/^main.c 30 2$/m);
});

test(']] and [[ go from turn to turn, with a count, and to both ends', async (t) => {
  const { vim } = await answered(t);
  await vim.type('gg]]');
  await vim.command('echo getline(".")[:8]');
  await vim.see('## Claude');
  await vim.type('[[');
  await vim.command('echo getline(".")[:5]');
  await vim.see(/^## You/m);
  await vim.type('2]]');
  await vim.command('echo line(".") == line("$")');
  await vim.see(/^1$/m);
});

test('gr asks again, gl lists conversations, g/ searches them, gA opens the prompt, g? shows the keys until one is pressed, q closes', async (t) => {
  const { vim } = await answered(t);
  await vim.type('g?');
  await vim.see('yank the code block under the cursor');
  await vim.type('x');
  await vim.see((screen) => !screen.includes('yank the code block'));
  await vim.type('gr');
  await vim.read('2/2');
  await vim.rest();
  await vim.type('gl');
  await vim.see('Conversations, newest first');
  await vim.press('Escape');
  await vim.see((screen) => !screen.includes('Conversations, newest first'), 'the end of the menu');
  await vim.type('g/End\r');
  await vim.see('[Quickfix List] :AsideSearch End');
  await vim.command('cclose | wincmd l');
  await vim.type('gA');
  await vim.see('Ask about main.c');
  await vim.press('Escape');
  await vim.command('q');
  await vim.command('wincmd l');
  await vim.type('q');
  await vim.see((screen) => !screen.includes('## Claude'));
  await vim.command('AsideOpen | wincmd l | only');
  await vim.see('## Claude');
  await vim.type('q');
  await vim.see('int line1;');
});

const places = {
  'vertical topleft': 'winnr("$") winnr() winwidth(1) > 30 && winheight(1) > 20',
  'botright': 'winnr("$") winnr() winwidth(2) > 100 && winheight(1) > 5',
  'tab': 'tabpagenr("$") tabpagenr() 1',
};
for (const [mods, expression] of Object.entries(places)) {
  test(`:${mods} places the window`, async (t) => {
    const { vim } = await open(t);
    await vim.command(`${mods} AsideOpen`);
    await vim.command(`echo ${expression}`);
    await vim.see(mods.includes('top') ? /^2 2 1$/m : /^2 1 1$/m);
  });
}

test('g:aside_window places it where the command says nothing; 80 columns are not halved', async (t) => {
  const { vim } = await open(t, '-c', 'let g:aside_window = "topleft"');
  await vim.command('AsideOpen');
  await vim.command('echo winnr() winwidth(1) == &columns');
  await vim.see(/^2 1$/m);
  const narrow = await Desk.open(t);
  narrow.size = { columns: 80, rows: 24 };
  const small = await narrow.vim();
  await small.command('AsideOpen');
  await small.command('echo winnr("$") winwidth(1)');
  await small.see(/^2 80$/m);
});

test('the status line and the events say what a reply is doing', async (t) => {
  const { desk, vim } = await open(t, '-c', 'let seen = []',
    ...['Start', 'FirstText', 'End'].flatMap((e) => ['-c', `autocmd User Aside${e} call add(seen, "${e}")`]),
    '-c', 'set statusline=%f\\ [%{aside#statusline()}]');
  await vim.see('main.c []');
  await desk.next({ text: 'Done.', gate: 'go', gate_after: -1 });
  await vim.command('Aside Go');
  await vim.see(/main\.c \[(connecting|waiting)\.\.\. · opus-5-5/);
  await desk.release('go');
  await vim.see(/main\.c \[\$0\.\d{4} · [\d.]+k? tokens · opus-5-5\]/);
  await vim.command('echo seen');
  await vim.see("['Start', 'FirstText', 'End']");
});

test('one line of 190 kB does not keep Vim from being used', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: 'x'.repeat(190_000) + ' ' });
  await vim.command('Aside Long');
  await vim.rest();
  await vim.command('wincmd l');
  await vim.type('ggG0$');
  await vim.command('echo len(getline("$") .. getline(line("$") - 1)) >= 190000');
  await vim.see(/^1$/m);
});

test('what waits for <Enter> stays on the screen while a reply is written', async (t) => {
  const { desk, vim } = await open(t, '-c', 'autocmd User AsideEnd call timer_start(0, {-> writefile([], "ended")})');
  await desk.next({ deltas: 90, gate: 'go', gate_after: 33 });
  await vim.command('Aside Count');
  await vim.read('28 29');
  await vim.command('echo "one\\ntwo"');
  await vim.see('Press ENTER');
  await desk.release('go');
  // Neovim itself does nothing else while it waits for <Enter>.
  if (!neovim) await until(() => access(join(desk.folder, 'work', 'ended')).then(() => true, () => false), 'the end of the reply');
  assert.match(await vim.screen(), /^one\ntwo\nPress ENTER/m);
  await vim.press('Enter');
  await vim.read('88 89');
  await vim.rest();
});
