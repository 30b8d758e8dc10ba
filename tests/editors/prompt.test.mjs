// Tests of the prompt: a question of any length, and its attachments.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');

async function open(t, ...args) {
  const desk = await Desk.open(t);
  await desk.write('main.c', ['int one;', 'int two;', 'int three;', '', 'int after;', ''].join('\n'));
  await desk.write('other.c', 'int other;\n');
  return { desk, vim: await desk.vim(...args, 'main.c') };
}

const sent = {
  ':w': async (vim) => vim.command('w'),
  ':wq': async (vim) => vim.command('wq'),
  'ZZ': async (vim) => vim.type('ZZ'),
  'CTRL-S': async (vim) => vim.press('C-s'),
  'CTRL-S in Insert mode': async (vim) => {
    await vim.type('A');
    await vim.press('C-s');
  },
};
for (const [how, send] of Object.entries(sent)) {
  test(`a question of several lines is sent by ${how}, and the cursor is back in the file`, async (t) => {
    const { desk, vim } = await open(t);
    await vim.command('Aside');
    await vim.see('Ask about main.c');
    await vim.type('First line');
    await vim.press('Enter');
    await vim.type('second "line" | bar');
    await vim.press('Escape');
    await send(vim);
    await vim.read('This is exchange 1');
    await vim.rest();
    assert.ok(!(await vim.screen()).includes('Ask about'));
    assert.match(asked(await desk.request(1)), /First line\nsecond "line" \| bar$/);
    await vim.command('echo expand("%") mode() winnr("$")');
    await vim.see(/^main.c n 2$/m);
  });
}

test('what is written survives its window, and neither :q nor :qa asks about it', async (t) => {
  const { vim } = await open(t);
  await vim.command('Aside');
  await vim.type('Half a question');
  await vim.press('Escape');
  await vim.command('q');
  await vim.see((screen) => !screen.includes('Ask about'));
  await vim.command('Aside');
  await vim.read('Half a question');
  await vim.press('Escape');
  await vim.command('qa');
  await vim.ended();
});

test('a question that was sent is brought back by u, as it was typed', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('%Aside');
  await vim.see('Ask about main.c with 1 attachment');
  await vim.type('/explain the first line');
  await vim.press('Escape', 'C-s');
  await vim.read('exchange 1');
  await vim.rest();
  const question = asked(await desk.request(1));
  assert.ok(question.endsWith('the first line') && !question.includes('/explain'), question);
  await vim.command('Aside');
  await vim.see('Ask about main.c');
  await vim.press('Escape');
  await vim.type('u');
  await vim.command('echo "text:" getline("$")');
  await vim.see(/^text: \/explain the first line$/m);
});

test('each file has a prompt of its own', async (t) => {
  const { vim } = await open(t);
  await vim.command('Aside');
  await vim.type('Of main');
  await vim.press('Escape');
  await vim.command('q');
  await vim.command('edit other.c');
  await vim.command('Aside');
  await vim.see('Ask about other.c');
  assert.ok(!(await vim.screen()).includes('Of main'));
});

test('there is one prompt in a tab page: the one of another file takes its place', async (t) => {
  const { vim } = await open(t);
  await vim.command('Aside');
  await vim.type('Of main\x1b');
  await vim.command('wincmd t | edit other.c | Aside');
  await vim.see('Ask about other.c');
  await vim.press('Escape');
  await vim.command('q');
  await vim.see((screen) => !screen.includes('Ask about'));
  await vim.command('echo expand("%") winnr("$")');
  await vim.see(/^other.c 2$/m);
});

test('keys that are typed ahead go where they would have gone', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: 'Late.', gate: 'never', gate_after: -1 });
  await vim.type(':Aside\rOf main\x1b:q\r:edit other.c\r:Aside\rOf other\x1b:w\rOint typed;\x1b:1Aside Why\r');
  await vim.see('Aside: Wait for it to end');
  await vim.command('echo bufname(winbufnr(1)) getline(1) winnr("$")');
  await vim.see(/^other.c int typed; 2$/m);
  assert.match(asked(await desk.request(1)), /Of other$/);
});

test('selections are listed above the question, removed by dd, had back by u, and never a part of it', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('edit other.c | AsideAdd');
  await vim.see('other.c:1 (1 line) will go with the next question');
  await vim.command('edit main.c | 1,2AsideAdd');
  await vim.see('main.c:1-2 (2 lines) will go with the next question, 2 attachments now');
  await vim.command('3Aside');
  await vim.read('@ other.c:1 (1 line)');
  await vim.read('@ main.c:1-2 (2 lines)');
  await vim.read('@ main.c:3 (1 line)');
  await vim.see('with 3 attachments');
  await vim.type('Why');
  await vim.press('Escape');
  await vim.type('ggdd');
  await vim.see('with 2 attachments');
  await vim.type('u');
  await vim.see('with 3 attachments');
  await vim.type('jdd');
  await vim.see('with 2 attachments');
  await vim.type('gglllix');  // types into a listed line
  await vim.press('Escape', 'C-s');
  await vim.read('- other.c, lines 1-1, begins `int other;`');
  await vim.read('- main.c, lines 3-3, begins `int three;`');
  await vim.rest();
  const question = asked(await desk.request(1));
  assert.match(question, /Why$/);
  assert.ok(!question.includes('@ ') && !question.includes('int two'));
  await vim.command('Aside Again');
  await vim.read('0 attachments (2 in the whole conversation)');
});

test('an empty question is not sent', async (t) => {
  const { vim } = await open(t);
  await vim.command('1Aside');
  await vim.press('Escape');
  await vim.command('w');
  await vim.see('Aside: write a question first');
  await vim.see('Ask about main.c with 1 attachment');
});

test('a question that comes too early stays in the prompt with its selections', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ deltas: 90, gate: 'go', gate_after: 33 });
  await vim.command('Aside Count');
  await vim.read('28 29');
  await vim.command('1,2Aside');
  await vim.type('Too early');
  await vim.press('Escape', 'C-s');
  await vim.see('Aside: Wait for the reply to end, or stop it with CTRL-C. The question stays here.');
  await vim.read('@ main.c:1-2 (2 lines)');
  await vim.read('Too early');
  await vim.command('q');
  await vim.command('1Aside Too early, too');
  await vim.see('Aside: Wait for it to end, or stop it. (a reply is being written');
  await desk.release('go');
  await vim.rest();
  await vim.command('Aside');
  await vim.press('C-s');
  await vim.read('- main.c, lines 1-2');
  await vim.read('You now ask: "Too early".');
});

test('lines of the conversation are quoted in the question', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('Aside One');
  await vim.read('This is exchange 1');
  await vim.rest();
  await vim.command('wincmd l | 1Aside What is this');
  await vim.read('exchange 2');
  assert.match(asked(await desk.request(2)), /> ## You .*\n\nWhat is this$/);
});

const maps = ['-c', 'nmap ga <Plug>(aside-ask-operator)', '-c', 'nmap gA <Plug>(aside-add-operator)',
  '-c', 'xmap ga <Plug>(aside-ask-operator)', '-c', 'xmap gA <Plug>(aside-add)', '-c', 'nmap g. <Plug>(aside-ask)',
  '-c', 'nmap gp <Plug>(aside-prompt)'];

test('operators take the lines of a motion, and . takes more', async (t) => {
  const { vim } = await open(t, ...maps);
  await vim.type('gAip');
  await vim.see('main.c:1-3 (3 lines) will go with the next question');
  await vim.type('G.');
  await vim.see('main.c:5 (1 line) will go with the next question, 2 attachments now');
  await vim.type('gggA_');
  await vim.see('main.c:1 (1 line) will go with the next question, 3 attachments now');
  await vim.type('Vjga');
  await vim.see('Ask about main.c with 4 attachments');
  await vim.read('@ main.c:1-2 (2 lines)');
});

test('the other maps', async (t) => {
  const { vim } = await open(t, ...maps);
  await vim.type('gaip');
  await vim.see('Ask about main.c with 1 attachment');
  await vim.press('Escape');
  await vim.type('ggdG');
  await vim.command('q');
  await vim.type('VjgA');
  await vim.see('main.c:1-2 (2 lines) will go with the next question');
  await vim.type('g.What');
  await vim.see(/^:Aside What/m);
  await vim.press('Enter');
  await vim.read('- main.c, lines 1-2');
  await vim.rest();
  await vim.type('gp');
  await vim.see('Ask about main.c');
});
