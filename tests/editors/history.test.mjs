// Tests of commands on whole conversations (rename, fork, delete and restore, export and import), and of renamed files.
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

const texts = (request) => request.messages.map((m) => m.content.map((block) => block.text).join()).join('|');

async function open(t, ...questions) {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  for (const question of questions) await ask(vim, question);
  return { desk, vim };
}

async function ask(vim, question) {
  await vim.command(`Aside ${question}`);
  await vim.read(`You now ask: "${question}"`);
  await vim.rest();
}

// Waits until the page's title names this conversation.
async function shows(vim, title) {
  await vim.see((screen) => screen.includes(`main.c · ${title}  `), `the title ${title}`);
}

async function gone(vim, text) {
  await vim.see((screen) => !screen.includes(text), `the end of ${text}`);
}

test('a fork begins with what was said up to the exchange under the cursor, and leaves the other as it is', async (t) => {
  const { desk, vim } = await open(t, 'One', 'Two');
  await vim.command('wincmd l | call search("^One")');
  await vim.command('AsideFork In assembler | or "C"');
  await shows(vim, 'In assembler | or "C"');
  await gone(vim, 'You now ask: "Two"');
  await vim.leave();
  await ask(vim, 'Three');
  assert.match(texts(await desk.request(3)), /^One\|[^|]*\|Three$/);
  await vim.command('AsideThreads One');
  await shows(vim, 'One');
  await vim.read('You now ask: "Two"');
  await gone(vim, 'Three');
  await vim.command('wincmd h | AsideFork Elsewhere');
  await shows(vim, 'Elsewhere');
  await vim.read('You now ask: "Two"');
});

test('a name that is not given is asked for, and the one that it has is there to be changed', async (t) => {
  const { vim } = await open(t, 'One');
  await vim.command('wincmd l');
  await vim.type('gb');
  await vim.see('Name of the fork: One');
  await vim.press('Escape');
  await gone(vim, 'Name of the fork');
  await vim.type('R');
  await vim.see('Name of the conversation: One');
  await vim.type(' 5% <CR> | "x"');
  await vim.press('Enter');
  await shows(vim, 'One 5% <CR> | "x"');
  await gone(vim, 'Name of the conversation');
  await vim.type(':AsideRename ');
  await vim.press('Tab');
  await vim.see(':AsideRename One 5% <CR> | "x"');
  await vim.press('BSpace', 'BSpace', 'BSpace', 'Enter');
  await shows(vim, 'One 5% <CR> |');
  await vim.type('gb\x15A fork\r');
  await shows(vim, 'A fork');
});

test('a title that is too long for the status line is cut, what the conversation is doing is not', async (t) => {
  const { vim } = await open(t, 'One');
  await vim.command(`AsideRename ${'long '.repeat(30)}`);
  await vim.see(/ main\.c · long[long ]+\.\.\. {2}\$0\.\d+ · \d+ tokens · opus-5-5 *$/m);
});

test('deleting asks, shows the conversation before, and is taken back by opening it', async (t) => {
  const { vim } = await open(t, 'First');
  await vim.command('AsideThreads!');
  await vim.see('Aside: this file has no deleted conversation');
  await vim.command('AsideNew');
  await gone(vim, '"First"');
  await vim.leave();
  await ask(vim, 'Second');
  await vim.command('wincmd l');
  await vim.type('D');
  await vim.see('Delete the conversation "Second"?');
  await vim.type('k');
  await gone(vim, 'Delete the conversation');
  await shows(vim, 'Second');
  await vim.type('D');
  await vim.see('Delete the conversation "Second"?');
  await vim.type('d');
  await vim.read('You now ask: "First"');
  await vim.see('Aside: "Second" is deleted; :AsideThreads! can bring it back');
  await vim.command('AsideThreads');
  await vim.see(/\* \S+ +2 turns .* First/);
  assert.ok(!(await vim.screen()).includes('Second  '));
  await vim.press('Escape');
  await gone(vim, 'Conversations, newest first');
  await vim.command('AsideThreads!');
  await vim.see(/Deleted conversations, newest first[^]* 2 turns .* Second/);
  await vim.choose('Deleted conversations, newest first', 1);
  await vim.read('You now ask: "Second"');
  await vim.command('AsideDelete! | echo "not asked"');
  await vim.read('You now ask: "First"');
  await vim.command('AsideDelete!');
  await vim.see((screen) => /main\.c {2}opus-5-5 *$/m.test(screen) && !screen.includes('## '));
  await vim.command('AsideDelete');
  await vim.see('Aside: this file has no conversation yet');
  await vim.command('AsideThreads! Nonesuch');
  await vim.see('Aside: this file has no deleted conversation called "Nonesuch"');
  await vim.type(':AsideThreads! Sec');
  await vim.press('Tab');
  await vim.see(':AsideThreads! Second');
  await vim.press('Enter');
  await vim.read('You now ask: "Second"');
});

test('a conversation in which a reply is being written is not deleted', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ deltas: 90, gate: 'go', gate_after: 33 });
  await vim.command('Aside Count');
  await vim.read('28 29');
  await vim.command('AsideDelete!');
  await vim.see('Aside: Wait for it to end, or stop it.');
  await vim.see('writing...');
  await desk.release('go');
  await vim.read('88 89');
});

// Asks about several files with the same content, removes these files, and makes another file with the same content.
async function copied(t, ...names) {
  const desk = await Desk.open(t);
  const text = Array.from({ length: 20 }, (_, i) => `int line${i};`).join('\n') + '\n';
  for (const name of names) await desk.write(name, text);
  const vim = await desk.vim();
  for (const name of names) {
    await vim.command(`edit ${name}`);
    await ask(vim, `About ${name}`);
  }
  await vim.command('qa');
  await vim.ended();
  for (const name of names) await rm(join(desk.folder, 'work', name));
  await desk.write('main.c', text);
  return await desk.vim('main.c');
}

test('if several conversations may be about a file, a message says so, and the menu lists them first', async (t) => {
  const vim = await copied(t, 'a.c', 'b.c');
  await vim.command('AsideOpen');
  await vim.see(/^Aside: 2 conversations of files that are gone may be about this file: :AsideThreads *$/m);
  await vim.command('AsideThreads');
  await vim.see(/\? from b\.c, now gone: About b\.c[^]*\? from a\.c, now gone: About a\.c/);
  await vim.choose('Conversations, newest first', 2);
  await vim.read('You now ask: "About a.c"');
  await vim.leave();
  await vim.command('AsideThreads');
  await vim.see(/\* \S+ +2 turns .* About a\.c/);
  assert.ok(!(await vim.screen()).includes('now gone'));
});

test('a question without choosing one of them begins a conversation of its own', async (t) => {
  const vim = await copied(t, 'a.c', 'b.c');
  await ask(vim, 'Anew');
  await vim.command('AsideThreads');
  await vim.see(/\* \S+ +2 turns .* Anew/);
  assert.ok(!(await vim.screen()).includes('now gone'));
});

test('a conversation of another name is offered, and not taken over, for its content alone', async (t) => {
  const vim = await copied(t, 'a.c');
  await vim.command('AsideOpen');
  await vim.see(/^Aside: A conversation of a file that is gone may be about this file: :AsideThreads *$/m);
  assert.ok(!(await vim.screen()).includes('About a.c'));
});

test('a title is completed word by word', async (t) => {
  const { vim } = await open(t, 'One fine day', 'Two');
  await vim.type(':AsideThreads One fi');
  await vim.press('Tab');
  await vim.see(':AsideThreads One fine day');
});

test('a conversation is written to a file, and read from it with its branches', async (t) => {
  const { desk, vim } = await open(t, 'One');
  await desk.next({ text: 'Zweite Antwort: ü日本. ' });
  await vim.command('AsideRetry');
  await vim.read('Zweite Antwort');
  await vim.rest();
  await vim.command('wincmd l | AsideExport %:r.md');
  await vim.see('Aside: the conversation is written to main.md');
  const text = await readFile(join(desk.folder, 'work', 'main.md'), 'utf8');
  assert.match(text, /^# One\n\n## You [^]*Zweite Antwort: ü日本\. *\n/);
  await vim.command('AsideExport main.md');
  await vim.see('Aside: main.md is there already; :AsideExport! overwrites it');
  await vim.command('AsideExport! main.txt');
  await vim.see('Aside: name a file that ends in .md (to read) or .json (to import again)');
  await vim.command('AsideExport nonesuch/main.md');
  await vim.see('Aside: nonesuch/main.md cannot be written');
  await vim.command('AsideExport main.json');
  await vim.see('Aside: the conversation is written to main.json');
  await vim.command('wincmd h | edit other.c');
  await vim.command('AsideImport main.j');
  await vim.see('Aside: main.j cannot be read');
  await vim.command('AsideImport main.md');
  await vim.see('Aside: main.md is no JSON');
  await vim.type(':AsideImport main.j');
  await vim.press('Tab', 'Enter');
  await vim.read('Zweite Antwort: ü日本.');
  await vim.see('other.c · One ');
  await vim.command('AsidePrevious');
  await vim.read('You now ask: "One"');
  await vim.command('AsideExport! main.md');
  await vim.see('Aside: the conversation is written to main.md');
  assert.match(await readFile(join(desk.folder, 'work', 'main.md'), 'utf8'), /You now ask: "One"/);
});
