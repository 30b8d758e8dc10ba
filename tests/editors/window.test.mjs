// Tests that the conversation's window doesn't disturb the user while a reply is written.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Desk, page } from './support/desk.mjs';

test('the source can be edited while a reply is written', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await desk.next({ deltas: 100, gate: 'typed', gate_after: 23, pace: 20 });
  await vim.command('Aside Count');
  await vim.read('8 9');
  await vim.type('Oint typed; // in one go');
  await vim.see('int typed; // in one go');
  await vim.see('-- INSERT --');
  await desk.release('typed');
  await vim.type(', and on');
  await vim.read('98 99');
  const screen = await vim.see('-- INSERT --');
  assert.match(screen, /^int typed; \/\/ in one go, and on/);
  await vim.press('Escape');
  await vim.type(':" half a command');
  assert.match(await vim.see('" half a command'), /int main;/);
});

test('the window follows the reply only while its cursor is at the end', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await desk.next({ deltas: 900, gate: 'up', gate_after: 603 });
  await vim.command('Aside Count');
  await vim.read('598 599');
  await vim.press('C-w', 'l', 'g', 'g');
  await vim.read('Count');
  const top = /^ ?## You .* 100 101 102/;
  assert.match(page(await vim.screen()), top);
  await desk.release('up');
  await vim.rest();
  assert.match(page(await vim.screen()), top);
  await vim.type('G');
  await vim.read('898 899');
});

test('a flood of pieces arrives whole and in order', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await desk.next({ deltas: 20000 });
  await vim.command('Aside Count');
  await vim.read('19998 19999');
  await vim.rest();
  await vim.command('wincmd l');
  await vim.command('let words = split(join(getline(search("^0 1 2", "w"), "$")))');
  await vim.command('echo words ==# range(20000)->map("string(v:val)") ? "whole" : "broken"');
  await vim.see(/^whole/m);
});

test('stopping keeps what was shown and marks it', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await desk.next({ deltas: 90, gate: 'never', gate_after: 33 });
  await vim.command('Aside Count');
  await vim.read('28 29');
  await vim.command('wincmd l | echo "over there"');
  await vim.see(/^over there/m);
  await vim.press('C-c');
  await vim.read('Cancelled');
  await vim.rest();
  await vim.read('28 29');
  await vim.press('C-w', 'h');
  await vim.command('Aside Next');
  await vim.read('This is exchange 2');
});

test('a reply is finished when Vim has been left in the middle of it', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await desk.next({ deltas: 90, gate: 'go', gate_after: 33 });
  await vim.command('Aside Count');
  await vim.read('28 29');
  await vim.command('qa');
  await vim.ended();
  const again = await desk.vim('main.c');
  await again.command('AsideOpen');
  await again.read('28 29');
  await desk.release('go');
  await again.read('88 89');
  await again.rest();
});

test('a reply is text and nothing else', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  const text = '## You · 14:02\n\n%{system("touch run")}\n:!touch run\n\nvim: set ft=sh fdm=marker: ';
  await desk.next({ text });
  await vim.command('Aside Trick me');
  await vim.read('vim: set ft=sh');
  await vim.rest();
  await vim.press('C-w', 'l');
  await vim.command(`echo &filetype &foldmethod getftype("run") "." len(${vim.here('sections')})`);
  await vim.see("aside expr  . 5");
});

const paragraph = 'A sentence of a paragraph that is rather long. '.repeat(22).trim();
const replies = { 'one paragraph': paragraph, 'a paragraph and a sentence': `${paragraph}\n\nLast words.`, 'with blank lines at its end': `${paragraph}\n\n\n`,
  'two paragraphs': `${paragraph}\n\n${paragraph}`, 'a list': `- ${paragraph}\n- ${paragraph}\n` };
for (const [columns, rows] of [[80, 24], [40, 12], [120, 30]]) {
  test(`the text of a reply that has ended is to be seen in ${columns} columns and ${rows} rows`, async (t) => {
    const desk = await Desk.open(t);
    desk.size = { columns, rows };
    await desk.write('main.c', 'int main;\n'.repeat(40));
    const vim = await desk.vim('main.c');
    for (const [what, text] of Object.entries(replies)) {
      await desk.next({ text });
      await vim.command('let ended = 0 | autocmd! User AsideEnd let ended = 1');
      await vim.command('Aside Go');
      await vim.command(`while !ended || ${vim.here('fetching')} | sleep 10m | endwhile | redraw`);
      await vim.command('set laststatus=2 showmode | let &l:statusline = "it ended"');
      const screen = await vim.see('it ended', what);
      await vim.command('let &l:statusline = ""');
      const shown = screen.split('\n').filter((line) => /sentence|paragraph|rather|Last words/.test(line));
      assert.ok(shown.length >= 2, `${what}:\n${screen}`);
    }
  });
}

test('a page that gives its rows to other windows, and has them back, goes on showing the end', async (t) => {
  const desk = await Desk.open(t);
  desk.size = { columns: 80, rows: 24 };
  await desk.write('main.c', 'int main;\n'.repeat(40));
  const vim = await desk.vim('main.c');
  await desk.next({ deltas: 90 });
  await vim.command('Aside Count');
  await vim.see('80 81 82');
  await vim.rest();
  for (const [command, seen] of [['AsideUsage', 'Tokens in'], ['botright 14new', '[No Name]'], ['Aside', '-- INSERT --']]) {
    await vim.command(command);
    const low = await vim.see(seen);
    assert.ok(low.includes('80 81 82') && (command.includes('new') || low.includes('60 61 62')), low);
    await vim.type('\x1b:q\r');
    const screen = await vim.see((text) => !text.includes(seen) && text.includes('20 21 22'), 'the page as it was');
    assert.ok(screen.includes('80 81 82'), screen);
  }
});
