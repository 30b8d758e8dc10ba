// Tests that Aside's buffers work and keep their text, with any options and with every way to start and leave Vim.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');

async function open(t, ...args) {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int one;\nint two;\n');
  return { desk, vim: await desk.vim(...args, 'main.c') };
}

const ways = { '-R': ['-R'], '-M': ['-M'], '-m': ['-m'], '-b': ['-b'], '-n': ['-n'], '-y': ['--cmd', 'set insertmode&'],
  ...Object.fromEntries(['nomodifiable', 'readonly', 'textwidth=8', 'wrapmargin=40', 'paste', 'fileformat=dos', 'undolevels=-1',
    'undofile', 'nohidden', 'autowriteall', 'scrollbind cursorbind', 'diff', 'bufhidden=wipe', 'buftype=', 'confirm', 'nowrite',
    'autochdir', 'foldmethod=manual foldlevel=9', 'cpoptions+=$', 'virtualedit=all', 'selection=exclusive', 'ignorecase',
    'nomagic', 'gdefault', 'wildignore=*.c', 'shortmess=', 'splitright splitbelow'].map((option) => [`:set ${option}`, ['-c', `set ${option}`]])) };
for (const [how, args] of Object.entries(ways)) {
  test(`a question is written and sent with ${how}`, async (t) => {
    const { desk, vim } = await open(t, ...args);
    await vim.command('Aside');
    await vim.see('Ask about main.c');
    await vim.type('A first line that is rather long');
    await vim.press('Enter');
    await vim.type('and more');
    await vim.press('Escape', 'C-s');
    await vim.read('exchange 1');
    await vim.rest();
    assert.match(asked(await desk.request(1)), /A first line that is rather long\nand more$/);
    const screen = await vim.screen();
    assert.ok(!/E\d+:|W10|Error detected/.test(screen), screen);
    await vim.command('AsideHealth');
    await vim.see(/Aside's health/);
  });
}

test('the page is opened in each tab page, whatever switchbuf says', async (t) => {
  const { vim } = await open(t, '-c', 'set switchbuf=usetab,useopen,split,newtab');
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.command('tabnew main.c | AsideOpen');
  await vim.command('echo "tabs" tabpagenr("$") tabpagenr() winnr("$") &switchbuf');
  await vim.see('tabs 2 2 2 usetab,useopen,split,newtab');
  await vim.read('exchange 1');
});

for (const leave of ['wqa', 'xa', 'qa', 'qa!']) {
  test(`:${leave} tells the question that was not sent`, async (t) => {
    const { vim } = await open(t);
    await vim.stay();
    await vim.command('Aside');
    await vim.type('Half a question');
    await vim.press('Enter');
    await vim.type('of two lines');
    await vim.press('Escape');
    await vim.command(leave);
    await vim.ended();
    assert.match(await vim.all(), /Aside: this question about main\.c was not sent: Half a question of two lines/);
  });
}

test('in the command-line window Aside says what to do', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: 'word '.repeat(60), pace: 20 });
  await vim.command('Aside One');
  for (const command of ['Aside', 'Aside Two', 'AsideOpen', 'AsideHealth', 'AsideUsage', 'AsideThreads', 'AsideEdit', 'AsideAdd']) {
    await vim.type('q:');
    await vim.see('[Command Line]');
    await vim.command(command);
    await vim.see('Aside: close the command-line window first');
    assert.ok(!/E11\b/.test(await vim.screen()), command);
    await vim.command('q');
    await vim.see((screen) => !screen.includes('[Command Line]'));
    await vim.command('echo ""');
  }
  await vim.rest();
});

test('pages and prompts are not in viminfo', async (t) => {
  const { desk, vim } = await open(t, '-c', `set viminfofile=${'info'} viminfo=%,'100,<50,f1`);
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('Aside');
  await vim.type('text\x1b');
  await vim.command('wincmd p | normal! Gmagg | wincmd w');
  await vim.command('qa');
  await vim.ended();
  const info = await readFile(join(desk.folder, 'work', 'info'), 'utf8');
  assert.match(info, /main\.c/);
  assert.ok(!/^(?![:|]).*aside(-prompt)?:\/\//m.test(info), info);
});

for (const option of ['wrap', 'nowrap']) {
  test(`with ${option}, the list of keys in a narrow window has all of its words, none broken`, async (t) => {
    const desk = await Desk.open(t);
    desk.size = { columns: 50, rows: 45 };
    await desk.write('main.c', 'int one;\n');
    const vim = await desk.vim('-c', `set ${option}`, 'main.c');
    await vim.command('AsideOpen');
    await vim.see('Nothing has been asked');
    await vim.type('\x17wg?');
    const screen = await vim.see('show these keys');
    const text = screen.split('\n').map((line) => /[║│] ?(.*?) *([║│]|$)/.exec(line)?.[1]).filter(Boolean).join(' ');
    assert.match(text, /ga +show the code block under the cursor, or the reply, as a change gw gW +add the files/);
    assert.match(text, /D +delete this conversation, after you confirm it g\/ +search the conversations about this file/);
    assert.match(text, /gb +fork: begin another conversation from here R/);
  });
}
