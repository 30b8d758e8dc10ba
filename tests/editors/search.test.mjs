// Tests of :AsideSearch, which finds questions and replies and lists them in the quickfix list.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

async function open(t, files) {
  const desk = await Desk.open(t);
  await mkdir(join(desk.folder, 'work', 'a folder'));
  for (const [file] of files) await desk.write(file, 'int first;\nint second;\n');
  const vim = await desk.vim();
  for (const [file, ...questions] of files) {
    await vim.command(`edit ${file.replaceAll(' ', '\\ ')}`);
    for (const question of questions) await ask(vim, question);
  }
  return { desk, vim };
}

async function ask(vim, question) {
  await vim.command(`Aside ${question}`);
  await vim.read(`You now ask: "${question}"`);
  await vim.rest();
}

async function echoes(vim, expression, wanted) {
  await vim.command(`echo ${expression}`);
  await vim.see(wanted);
}

// Jumps to a hit, and waits until the cursor is in the page of this file, on the heading above this text.
async function jump(vim, command, message, file, text) {
  await vim.command(command);
  await vim.see(`Aside: ${message}`);
  const place = 'fnamemodify(bufname(), ":t") getline(".")[:3] getline(line(".") + 2)';
  await echoes(vim, `"at" ${place}`, `at ${file} ## Y ${text}`);
}

test('what was found is in the quickfix list, the newest first, and each entry leads to its turn', async (t) => {
  const { vim } = await open(t, [['main.c', 'About fish', 'About birds', 'About trees']]);
  await vim.command('AsideSearch about');
  await vim.see(/\[Quickfix List\] :AsideSearch about/);
  await vim.see(/main\.c\|\| \d{4}-\d\d-\d\d About fish: About trees/);
  await echoes(vim, '"found" getqflist()->len()', /^found [6-9]$/m);
  await vim.command('AsideSearch "about birds" now*');
  await vim.see('[Quickfix List] :AsideSearch "about birds" now*');
  await vim.press('Enter');
  await vim.see('## Claude');
  await vim.command('AsideSearch ask birds');
  await vim.see('[Quickfix List] :AsideSearch ask birds');
  await vim.command('AsideSearch about birds');
  await vim.see('[Quickfix List] :AsideSearch about birds');
  await jump(vim, 'clast', '(3 of 3) About fish', 'main.c', 'About birds');
  await jump(vim, 'colder 3 | clast', '(6 of 6) About fish', 'main.c', 'About fish');
});

test('an entry opens its conversation, and goes to a branch that was left', async (t) => {
  const { vim } = await open(t, [['main.c', 'Of fish']]);
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('"Of fish"'));
  await ask(vim, 'Otherwise');
  await ask(vim, 'And birds');
  await vim.command('AsideNew');
  await vim.see((screen) => !screen.includes('Otherwise'));
  await vim.leave();
  await ask(vim, 'Trees');
  await vim.command('AsideSearch of fish');
  await vim.see('main.c|| ');
  await jump(vim, 'clast', '(2 of 2) Of fish', 'main.c', 'Of fish');
  await vim.command('AsideSearch otherwise');
  await vim.see('[Quickfix List] :AsideSearch otherwise');
  await jump(vim, 'clast', '(3 of 3) Of fish', 'main.c', 'Otherwise');
  await echoes(vim, '"followed by" getline(search("^And birds"))', 'followed by And birds');
});

const shown = `"shown" range(1, winnr("$"))->map('fnamemodify(bufname(winbufnr(v:val)), ":t")')`;

test('the file of an entry is shown too, if a window can show it', async (t) => {
  const { vim } = await open(t, [['other.c', 'Of fish in other'], ['main.c', 'Of fish in main']]);
  await vim.command('AsideSearch! fish');
  await vim.see('other.c|| ');
  await jump(vim, 'clast', '(4 of 4) Of fish in other', 'other.c', 'Of fish in other');
  await echoes(vim, shown, "shown ['other.c', 'other.c', '']");
  // Two jumps at once, from the page.
  await jump(vim, 'cfirst | cnext', '(2 of 4) Of fish in main', 'main.c', 'Of fish in main');
  await echoes(vim, shown, "shown ['main.c', 'main.c', '']");
  await vim.command('1wincmd w | let &modified = 1 | set nohidden | cnext');
  await vim.see('E37');
});

test('a search is about everything, a folder, or the conversations of the file', async (t) => {
  const { vim } = await open(t, [['main.c', 'Of fish'], ['a folder/other.c', 'More fish'], ['third.c', 'Birds']]);
  await vim.command('AsideSearch bird');
  await vim.see('Aside: nothing is found about third.c; :AsideSearch! looks everywhere');
  await vim.command('AsideSearch bird*');
  await vim.see('third.c|| ');
  await vim.command('wincmd t');
  await vim.type(':AsideSearch a\\ f');
  await vim.press('Tab');
  await vim.see(':AsideSearch a\\ folder/');
  // Without a space after the folder, "a\ folder/fish" is a search word and no folder, so the search is still about
  // third.c.
  await vim.type('fish');
  await vim.press('Enter');
  await vim.see('Aside: nothing is found about third.c; :AsideSearch! looks everywhere');
  await vim.command('AsideSearch a\\ folder/ fish');
  await vim.see('a folder/other.c|| ');
  await echoes(vim, '"files" getqflist()->map("v:val.module")->uniq()', "files ['a folder/other.c']");
  await vim.command('wincmd t | AsideSearch! fish');
  await echoes(vim, '"files" getqflist()->map("v:val.module")->uniq()', "files ['a folder/other.c', 'main.c']");
  await vim.command('wincmd t | AsideSearch! whales');
  await vim.see(/Aside: nothing is found *$/m);
  await vim.command('AsideSearch');
  await vim.see(/third\.c\|\| \d{4}-\d\d-\d\d Birds \(2 turns\)/);
  await vim.command('AsideSearch!');
  await vim.see(/main\.c\|\| \d{4}-\d\d-\d\d Of fish \(2 turns\)/);
  await vim.command('clast');
  await vim.see('main.c · Of fish ');
});

test('search finds what was said about a file that is gone, and about a buffer without a name', async (t) => {
  const { desk, vim } = await open(t, [['gone.c', 'Of fish']]);
  await vim.command('enew');
  await ask(vim, 'Fish without a name');
  await vim.command('qa');
  await vim.ended();
  await rm(join(desk.folder, 'work', 'gone.c'));
  await desk.write('main.c', 'int main;\n');
  const again = await desk.vim('main.c');
  await again.command('AsideSearch! fish');
  await again.see('gone.c|| ');
  await again.see('[No Name]|| ');
  await jump(again, 'clast', '(4 of 4) Of fish', 'gone.c', 'Of fish');
  await echoes(again, '"first" fnamemodify(bufname(winbufnr(1)), ":t")', 'first main.c');
  for (const command of ['2cc', 'clast', '2cc']) {
    await again.command(command);
    await again.see(`Aside: (${command === '2cc' ? 2 : 4} of 4) `);
  }
  await again.see(/\[No Name\] \d+ · Fish with/);
  const buffers = `getbufinfo()->filter('v:val.name == "" && has_key(v:val.variables, "aside_untitled")')`;
  await echoes(again, `"buffers" ${buffers}->len()`, /^buffers 1$/m);
  await ask(again, 'More of it');
  await again.see('This is exchange 2');
});
