// Tests of side questions. They are asked beside the conversation, and the conversation stays as if they had
// never been asked.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk, page } from './support/desk.mjs';
import { until } from './support/terminal.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');
const said = (request) => JSON.stringify(request.messages);

async function open(t, ...args) {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int one;\nint two;\n');
  const vim = await desk.vim(...args, 'main.c');
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  return { desk, vim };
}

async function echoes(vim, expression, wanted) {
  await vim.command(`echo ${expression}`);
  await vim.see(wanted);
}

// Asks a side question, and waits for the answer.
async function byTheWay(desk, vim, question, answer) {
  await desk.next({ text: answer, thinking: '' });
  await vim.command(`AsideBtw ${question}`);
  await vim.see(answer);
  await vim.see(`+-- by the way: ${question}`);
}

// Returns the conversation as another process sees it in the store.
let exports = 0;
async function exported(desk) {
  exports += 1;
  const name = `${exports}.json`;
  const other = await desk.vim('-c', `AsideExport ${name}`, 'main.c');
  await other.see(`is written to ${name}`);
  await other.close();
  return await readFile(join(desk.folder, 'work', name), 'utf8');
}

test('a side question runs beside a reply that is being written, is shown at once, and the reply goes on undisturbed', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ deltas: 90, gate: 'go', gate_after: 33, thinking: '' });
  await vim.command('Aside Count');
  await vim.read('31 32');
  await desk.next({ text: 'It is C.', thinking: '' });
  await vim.command('AsideBtw Which language?');
  await vim.see(/^> Which language\?$|\|> Which language\?/m);
  await vim.see('It is C.');
  await vim.read('+-- by the way: Which language? (7 lines)');
  await vim.read('31 32');
  await vim.see(/main\.c · One {2}writing/);
  await echoes(vim, '"cursor" bufname()', /^cursor main\.c$/m);
  const side = await desk.request(3);
  assert.match(asked(side), /Which language\?$/);
  assert.ok(!said(side).includes('Count'));
  await desk.release('go');
  await vim.read('88 89');
  await vim.rest();
});

test('the next question is sent as it would be without the side question', async (t) => {
  const { desk, vim } = await open(t);
  await byTheWay(desk, vim, 'Which language?', 'It is C.');
  await vim.command('Aside Two');
  await vim.read('exchange 2');
  const next = await desk.request(3);
  assert.ok(!said(next).includes('language'), said(next));
  assert.equal(next.messages.length, 3);
});

test('undo, redo and variants work as if the side question were not there', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('Aside Two');
  await vim.read('exchange 2');
  await vim.rest();
  await byTheWay(desk, vim, 'Which language?', 'It is C.');
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('exchange 2'));
  await vim.read('exchange 1');
  await vim.command('AsideRedo');
  await vim.read('exchange 2');
  await vim.command('AsideRetry');
  await vim.see('2/2');
});

test('a side question is folded below the reply that it follows, also after more questions, and can be opened', async (t) => {
  const { desk, vim } = await open(t);
  await byTheWay(desk, vim, 'Which language?', 'It is C.');
  await vim.command('wincmd l | wincmd j | quit');
  await vim.command('Aside Two');
  await vim.read('exchange 2');
  await vim.rest();
  await vim.command('wincmd l | call search("exchange 1") | redraw');
  await vim.see(/\+-- by the way: Which language\? \(\d+ lines\)[^]*Two/);
  assert.ok(!(await vim.screen()).includes('It is C.'));
  await vim.command('call search("by the way")');
  await vim.type('za');
  await vim.read('It is C.');
});

test('after gs on a side question in the page, the next question follows it', async (t) => {
  const { desk, vim } = await open(t);
  await byTheWay(desk, vim, 'Which language?', 'It is C.');
  await vim.command(`execute win_gotoid(bufwinid('aside://' .. getcwd() .. '/main.c')) | call search('by the way')`);
  await vim.type('gs');
  await vim.see('Aside: the next question follows this one');
  await vim.see((screen) => !screen.includes('by the way:'));
  await vim.command('Aside Two');
  await vim.read('exchange 3');
  const next = await desk.request(3);
  assert.match(said(next), /Which language\?[^]*It is C\.[^]*Two/);
});

test('gs in the window of side questions does the same, and closes the window', async (t) => {
  const { desk, vim } = await open(t);
  await byTheWay(desk, vim, 'Which language?', 'It is C.');
  await vim.command('wincmd l | wincmd j');
  await vim.type('gs');
  await vim.see('Aside: the next question follows this one');
  await echoes(vim, '"windows" winnr("$")', /^windows 2$/m);
  await vim.command('Aside Two');
  await vim.read('exchange 3');
  assert.match(said(await desk.request(3)), /It is C\./);
});

test('two side questions at once get their own answers, and one can be stopped', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ deltas: 90, gate: 'never', gate_after: 33, thinking: '' });
  await vim.command('AsideBtw First?');
  await vim.see('31 32');
  await desk.next({ text: 'Second answer, word by word', gate: 'go', gate_after: 2, thinking: '' });
  await vim.command('AsideBtw Second?');
  await vim.see(/Second answer/);
  await vim.command('wincmd l | wincmd j | call search("First", "w") | set showtabline=2 tabline=there');
  await vim.see(/^there/m);  // a CTRL-C that comes earlier would interrupt the command line
  await vim.press('C-c');
  await vim.see('by the way: First?');
  await vim.type('G');
  await desk.release('go');
  await vim.see('word by word');
  await vim.see('by the way: Second?');
});

test('two side questions in one command line get their own answers', async (t) => {
  const { vim } = await open(t);
  await vim.command('execute "AsideBtw First?" | execute "AsideBtw Second?"');
  await vim.see('by the way: First?');
  await vim.see('by the way: Second?');
  await vim.command('wincmd l | wincmd j | resize 25');
  await vim.see((screen) => /> First\?[^>]*You now ask: "First\?"[^>]*> Second\?[^>]*You now ask: "Second\?"/.test(page(screen)));
});

test('without a question the prompt opens, even while a reply is being written', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ deltas: 90, gate: 'go', gate_after: 33, thinking: '' });
  await vim.command('Aside Count');
  await vim.read('31 32');
  await vim.command('AsideBtw');
  await vim.see('Ask by the way about main.c');
  await desk.next({ text: 'It is C.', thinking: '' });
  await vim.type('Which language?');
  await vim.press('C-s');
  await vim.see('It is C.');
  await desk.release('go');
  await vim.read('88 89');
});

test('an answer that arrives when its window is closed is in the page, and one line says so', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: 'It is C.', gate: 'go', gate_after: 1, thinking: '' });
  await vim.command('AsideBtw Which language?');
  await vim.see('> Which language?');
  await vim.command('wincmd l | wincmd j | quit');
  await desk.release('go');
  await vim.see('Aside: your side question is answered; the conversation shows the answer');
  await vim.read('by the way: Which language?');
});

test('lines are attached, and on the page the user can continue from a side question', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: 'A number.', thinking: '' });
  await vim.command('2AsideBtw What is it?');
  await vim.see('by the way: What is it?');
  assert.match(asked(await desk.request(2)), /int two;[^]*What is it\?$/);
  await vim.command(`execute win_gotoid(bufwinid('aside://' .. getcwd() .. '/main.c')) | call search('by the way')`);
  await desk.next({ text: 'Two.', thinking: '' });
  await vim.command('AsideBtw Which?');
  await vim.see('by the way: Which?');
  assert.match(said(await desk.request(3)), /What is it\?[^]*A number\.[^]*Which\?/);
});

test('in an empty conversation a side question is an ordinary question', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int one;\n');
  const vim = await desk.vim('main.c');
  await vim.command('AsideBtw One');
  await vim.read('exchange 1');
  await vim.rest();
  await echoes(vim, '"windows" winnr("$")', /^windows 2$/m);
});

test('a failure is reported, and the question can be asked again from the page', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ status: 400 });
  await vim.command('AsideBtw Which language?');
  await vim.see('by the way: Which language?');
  await vim.see('Aside: asking http');
  await vim.command(`execute win_gotoid(bufwinid('aside://' .. getcwd() .. '/main.c')) | call search('by the way')`);
  await desk.next({ text: 'It is C.', thinking: '' });
  await vim.type('gr');
  await vim.see('It is C.');
  assert.match(asked(await desk.request(3)), /Which language\?$/);
  await vim.command('Aside Two');
  await vim.read('exchange 2');
});

test('the received part of an answer is kept when the daemon is killed', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ deltas: 90, gate: 'never', gate_after: 33, thinking: '' });
  await vim.command('AsideBtw First?');
  await vim.see('31 32');
  await until(async () => JSON.stringify(await exported(desk)).includes('31 32'), 'the stored answer');
  await vim.killDaemon();
  await vim.see('the daemon was ended');
  await vim.see(/31 32[^]*Side question/);
  await vim.command('AsideOpen');
  await vim.read('by the way: First?');
  await vim.command(`execute win_gotoid(bufwinid('aside://' .. getcwd() .. '/main.c')) | call search('by the way') | foldopen | $`);
  await vim.read('Interrupted');
});

test('a search finds a side question, and the path stays as it is', async (t) => {
  const { desk, vim } = await open(t);
  await byTheWay(desk, vim, 'Which language?', 'It is C.');
  await vim.command('Aside Two');
  await vim.read('exchange 2');
  await vim.rest();
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('exchange 2'));
  await vim.command('AsideSearch language');
  await vim.see('Quickfix List');
  await vim.press('Enter');
  await vim.see(/Aside: \(1 of \d\) One/);
  await vim.read('It is C.');
  assert.ok(!(await vim.screen()).includes('Two'));
});

test('commands for the path refuse a side question', async (t) => {
  const { desk, vim } = await open(t);
  await byTheWay(desk, vim, 'Which language?', 'It is C.');
  for (const keys of ['cc', ']r', 'gb']) {
    await vim.command(`execute win_gotoid(bufwinid('aside://' .. getcwd() .. '/main.c')) | call search('by the way') | echo ""`);
    await vim.type(keys);
    await vim.see('Aside: this is a side question: gs continues from it');
  }
});

test('the text that the user reads below doesn\'t move when an answer arrives', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: Array.from({ length: 60 }, (_, i) => `line ${i + 1} of it`).join('\n\n'), gate: 'go', gate_after: 100, thinking: '' });
  await vim.command('Aside Count');
  await vim.read('line 20 of it');
  await vim.command('wincmd l | call search("line 10 of it") | normal! zt');
  await vim.command('wincmd h');
  await desk.next({ text: 'It is C.', thinking: '' });
  await vim.command('AsideBtw Which language?');
  await vim.see('It is C.');
  await vim.command('wincmd l');
  await vim.see(/\|line 10 of it/);
  await echoes(vim, '"line" getline(".") foldclosed(search("by the way", "bn")) > 0', /^line line 10 of it 1$/m);
  await desk.release('go');
});

test('a side question that the daemon refuses is in the prompt', async (t) => {
  const { desk, vim } = await open(t);
  for (let i = 0; i < 4; i++) {
    await desk.next({ text: 'x', gate: 'never', gate_after: -1 });
    await vim.command(`AsideBtw Question ${i}`);
    await desk.request(i + 2);
  }
  await vim.command('AsideBtw Fifth?');
  await vim.see(/Aside: .*(side|by the way|wait|Wait)/);
  await vim.command('Aside');
  await vim.see('Fifth?');
});
