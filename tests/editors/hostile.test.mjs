// Tests that text is never expanded, evaluated or run when it is typed, pasted, read or received. If it were, it would
// create a file.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');

async function open(t, ...args) {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int one;\nint two;\n');
  return { desk, vim: await desk.vim(...args, 'main.c') };
}

// Waits until Vim has handled all keys, and checks that no file was made.
async function harmless(desk, vim) {
  await vim.press('Escape');
  await vim.command('set laststatus=2 statusline=all\\ done');  // Not a message, since a later one could replace it.
  await vim.see('all done');
  for (const folder of ['', 'work', 'work/sub']) {
    const names = await readdir(join(desk.folder, folder)).catch(() => []);
    assert.deepEqual(names.filter((name) => name.startsWith('PWNED')), [], folder);
  }
}

const evil = ['`touch PWNED`', '`=system("touch PWNED")`', '$(touch PWNED)', '|silent !touch PWNED', '%{system("touch PWNED")}',
  '"|silent !touch PWNED|"', '+silent!touch PWNED', "'|call system('touch PWNED')|'", '\n!touch PWNED\n'];

for (const typed of ['@/`touch\\ PWNED`/', '@`touch\\ PWNED`', '@/`=system("touch\\ PWNED")`/', '@~`touch\\ PWNED`/', '@/$(touch\\ PWNED)/', '@~/`touch\\ PWNED`/']) {
  test(`${typed} in the prompt runs nothing`, async (t) => {
    const { desk, vim } = await open(t);
    await vim.command('Aside');
    await vim.see('Ask about main.c');
    await vim.type(typed);
    await vim.press('C-x', 'C-u', 'Space', 'Escape');
    await harmless(desk, vim);
  });
}

test('a file in a folder whose name is a command is completed in the prompt, and runs nothing', async (t) => {
  const { desk, vim } = await open(t);
  await mkdir(join(desk.folder, 'work', '`touch PWNED`'));
  await writeFile(join(desk.folder, 'work', '`touch PWNED`', 'in.c'), 'int inside;\n');
  await vim.command('Aside');
  await vim.see(/\d+ tokens/);  // The daemon has answered, so it is known to find files.
  await vim.type('@`to');
  await vim.see(/PWNED.*\/in\.c/);
  await vim.press('C-n');
  await vim.type(' is what?');
  await vim.read('@ `touch PWNED`/in.c');
  await vim.press('Escape', 'C-s');
  await vim.read('exchange 1');
  assert.match(asked(await desk.request(1)), /int inside;/);
  await harmless(desk, vim);
});

for (const name of evil.slice(0, -1)) {
  test(`a file called x${name}.c is completed and goes along, and runs nothing`, async (t) => {
    const { desk, vim } = await open(t);
    await desk.write(`x${name}.c`, 'int inside;\n');
    await vim.type(':AsideAdd x');
    await vim.press('Tab', 'Enter');
    await vim.see(/will go with the next question/);
    await vim.command('Aside What?');
    await vim.read('exchange 1');
    assert.match(asked(await desk.request(1)), /int inside;/);
    await harmless(desk, vim);
  });
}

test('a file whose name begins with wildcards, a home folder or a variable is that file', async (t) => {
  const { desk, vim } = await open(t, '-c', 'let $X = "main.c"');
  for (const name of ['~root', '$X', '*.c', '{main,other}.c', '[m]ain.c', '#', '%', '<cfile>', '++diff.c', "it's", '\\']) {
    await desk.write(name, `int ${Buffer.from(name).toString('hex')};\n`);
    await vim.command(`execute "AsideAdd" fnameescape('${name.replaceAll("'", "''")}')`);
  }
  await vim.see('11 attachments now');
  await vim.command('Aside What?');
  await vim.read('exchange 1');
  const question = asked(await desk.request(1));
  assert.match(question, /int 7e726f6f74;[^]*int 2458;[^]*int 2a2e63;[^]*int 7b6d61696e2c6f746865727d2e63;[^]*int 5b6d5d61696e2e63;/);
  assert.match(question, /int 23;[^]*int 25;[^]*int 3c6366696c653e;[^]*int 2b2b646966662e63;[^]*int 69742773;[^]*int 5c;/);
});

const typed = [
  ...['`touch PWNED`', '`=system("touch PWNED")`', '$(touch PWNED)', '{`touch PWNED`,*}', '*`touch PWNED`', '*/`touch PWNED`/*',
    "'`touch PWNED`'*", '%:`touch PWNED`', '%:s?x?`touch PWNED`?', '#`touch PWNED`'].flatMap((word) =>
    [`AsideAdd ${word}`, `AsideAdd ${word.replaceAll(' ', '\\ ')}`]),
  'AsideExport! `touch PWNED`.md', 'AsideExport! `=system("touch PWNED")`.json', 'AsideImport `touch PWNED`',
  'AsideUsage! `touch PWNED`.csv', 'AsideUsage! `touch\\ PWNED`.csv', 'AsideSearch ./`touch\\ PWNED`/ x', 'AsideSearch ~`touch\\ PWNED`/',
];
for (const command of typed) {
  test(`:${command} runs nothing, nor does <Tab> behind it`, async (t) => {
    const { desk, vim } = await open(t);
    await vim.command('Aside One');
    await vim.read('exchange 1');
    await vim.rest();
    await vim.type(`:${command}`);
    await vim.press('Tab', 'Tab', 'Escape');
    await vim.command(command);
    await harmless(desk, vim);
  });
}

test('AsideExport, AsideImport and AsideUsage take names as they are, with ~/ and %', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('AsideExport %:r.md');
  await vim.see('Aside: the conversation is written to main.md');
  await vim.command('AsideExport ~/a`b`$HOME.json');
  await vim.see('Aside: the conversation is written to ~/a`b`$HOME.json');
  await vim.type(':AsideImport ~/a`');
  await vim.press('Tab');
  await vim.see(':AsideImport ~/a\\`b\\`\\$HOME.json');
  await vim.press('Enter');
  await vim.command('AsideUsage day ~/used\\ up.csv');
  await vim.see('Aside: the table is written to ~/used up.csv');
});

test('a title with keys in it is only a text to be changed', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command("AsideRename \x16\x12=system('touch PWNED')");
  await vim.command('AsideRename');
  await vim.see('Name of the conversation');
  await vim.press('Enter', 'Enter');
  await vim.command('AsideFork');
  await vim.see('Name of the fork');
  await vim.press('Enter', 'Enter');
  await harmless(desk, vim);
});

const scripts = ['nosyntax', '2html', 'colortest', 'hitest', 'syncolor', 'manual', 'off', 'on', 'synload', 'syntax', 'NoSyntax',
  '../plugin/tohtml', 'doxygen', 'c"|call system("touch PWNED")|"', "c'|call system('touch PWNED')|'"];
const state = 'winnr("$") tabpagenr("$") exists("g:syntax_on") &g:foldmethod &more len(split(execute("autocmd"), "\\n"))';

test('a fence in a reply loads languages only, and no other script among the syntax files', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command(`let before = [${state.replaceAll(/ (?!")/g, ', ')}]`);
  await desk.next({ text: scripts.map((name) => `\`\`\`${name}\nint x;\n\`\`\`\n~~~ ${name}\nint x;\n~~~\n`).join('') + '```python\nreturn 1\n```\nEnd.' });
  await vim.command('Aside Two');
  await vim.read('End.');
  await vim.rest();
  await vim.command(`echo "as" "before" before == [${state.replaceAll(/ (?!")/g, ', ')}]`);
  await vim.see(/^as before 1$/m);
  await vim.command('wincmd l | call search("^return") | echo synIDattr(synID(line("."), 1, 1), "name")');
  await vim.see(/^pythonStatement/m);
  await harmless(desk, vim);
});

test('the fences of an imported conversation load languages only, too', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('2Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('AsideExport one.json');
  await vim.see('is written to one.json');
  const path = join(desk.folder, 'work', 'one.json');
  const text = await readFile(path, 'utf8');
  assert.match(text, /"languageId": ?"c"/);
  await writeFile(path, text.replace(/"languageId": ?"c"/, '"languageId": "nosyntax"'));
  await vim.command('AsideImport one.json');
  await vim.command('AsideThreads');
  await vim.see('Conversations, newest first');
  await vim.press('Escape');
  await vim.see((screen) => !screen.includes('newest first'), 'the end of the menu');
  await vim.command('echo "syntax" exists("g:syntax_on")');
  await vim.see(/^syntax 1$/m);
});

test('a conversation about what another plugin would unpack is shown, and nothing is unpacked', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('it.zip', 'no zip\n');
  const vim = await desk.vim('--cmd', 'let g:loaded_zipPlugin = 1', '-c',
    'autocmd BufReadCmd *.zip call writefile([], "PWNED") | %delete', 'main.c');
  await vim.command('noautocmd edit it.zip | Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('Aside');
  await vim.see('Ask about it.zip');
  await vim.press('Escape');
  await vim.command('q');
  await vim.command('AsideSearch! exchange');
  await vim.see('Quickfix List');
  await harmless(desk, vim);
});

test('the line that is printed after Vim has ended has no delay, whatever a file is called', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('$<900>.c', 'int one;\n');
  const vim = await desk.vim('--', '$<900>.c');
  await desk.next({ text: 'Late.', gate: 'never', gate_after: -1 });
  await vim.stay();
  await vim.command('Aside One');
  await vim.see(/waiting/);
  await vim.command('qa');
  await vim.ended();
  assert.match(await vim.all(), /Aside: the reply about \$ ?<900>\.c goes on in the daemon/);
});
