// Tests of attachments other than lines of a buffer: files, pictures, diffs and problems, which :AsideAdd or an @ in
// the prompt adds; of what the user must confirm; and of updates of shared text.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64');
const asked = (request) => request.messages.at(-1).content.map((block) => block.text ?? block.type).join('\n');

async function open(t, ...args) {
  const desk = await Desk.open(t);
  await mkdir(join(desk.folder, 'work', 'src'));
  await desk.write('main.c', 'int one;\nint two;\nint three;\nint four;\n');
  await desk.write('src/list.c', 'int first;\nint second;\nint third;\n');
  await desk.write('src/a b.txt', 'spaces\n');
  await desk.write('.env', 'COLOUR=red\n');
  await desk.write('program', '\0\0\0');
  await writeFile(join(desk.folder, 'work', 'dot.png'), picture);
  const git = (...words) => execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words],
    { cwd: join(desk.folder, 'work') });
  git('init', '-q');
  git('add', 'main.c');
  git('commit', '-qm', 'one');
  return { desk, vim: await desk.vim(...args, 'main.c') };
}

const gone = async (vim, text) => vim.see((screen) => !screen.includes(text), `no ${text}`);

test('files and lines of files go with the next question, a picture as what it is', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideAdd src/list.c:2-3 src/a\\ b.txt dot.png %');
  await vim.see('Aside: src/list.c:2-3 (2 lines), src/a b.txt, dot.png, main.c will go with the next question, 4 attachments now');
  await vim.command('Aside');
  await vim.read('@ src/list.c:2-3 (2 lines) 7 tokens');
  await vim.read('@ dot.png image, 1 token');
  await vim.see(/with 4 attachments \(\d+ tokens\)/);
  await vim.type('What are these?\x1b:w\r');
  await vim.read('+-- `dot.png` (image/png, 70 bytes)');
  const question = asked(await desk.request(1));
  assert.match(question, /name="src\/list.c" lines="2-3">\nint second;\nint third;\n</);
  assert.match(question, /name="src\/a b.txt"[^]*spaces/);
  assert.match(question, /\nimage\n/);
  assert.match(question, /name="main.c"[^>]*>\nint one;/);
});

test('wildcards name several files, and <Tab> completes names and the special words', async (t) => {
  const { vim } = await open(t);
  await vim.command('AsideAdd src/*');
  await vim.see(/src\/a b\.txt {2}\d+ tokens, < \$0\.0001\n *src\/list\.c {2}\d+ tokens, < \$0\.0001\n[^]*src\/\* means these 2 files, \d+ tokens, (< )?\$0\.0\d+/);
  await vim.press('Enter');
  await vim.see('Aside: src/a b.txt, src/list.c will go with the next question, 2 attachments now');
  await vim.type(':AsideAdd src/a');
  await vim.press('Tab');
  await vim.see(':AsideAdd src/a\\ b.txt');
  await vim.type(' ++p');
  await vim.press('Tab');
  await vim.see('++problems');
});

test('a file is read when the question is sent, and as the buffer has it', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideAdd src/list.c dot.png main.c');
  await vim.see('3 attachments now');
  await desk.write('src/list.c', 'int later;\n');
  await vim.command('%s/two/unsaved/');
  await vim.command('Aside What');
  await vim.read('exchange 1');
  const question = asked(await desk.request(1));
  assert.match(question, /int later;/);
  assert.match(question, /int unsaved;/);
});

test('a folder and a pattern are shown with their sum before they are added, and what is ignored is left out', async (t) => {
  const { desk, vim } = await open(t);
  await desk.write('.gitignore', '*.o\n');
  await desk.write('src/list.o', 'object');
  await desk.write('src/program', '\0\0');
  await vim.command('AsideAdd src');
  await vim.see('src means these 2 files');
  await vim.type('c');
  await vim.see(/Aside: .*src\/program: it is a binary file/);
  await vim.command('Aside');
  await vim.see('No code is attached');
  await vim.press('Escape');
  await vim.command('q');
  await vim.command('cd src | AsideAdd *.c ~/work/*.c ../nowhere/*.c');
  await vim.see('nowhere is no folder');
  await vim.command('Aside');
  await vim.read('@ list.c');
  await vim.see('with 2 attachments (');
  await vim.press('Escape');
  await vim.command('q');
  for (let i = 0; i < 51; i++) await desk.write(`src/many${i}.h`, '');
  await vim.command('AsideAdd *.h');
  await vim.see('means more than 50 files');
});

test('CTRL-T and a number add what belongs to the place at the cursor', async (t) => {
  const { desk, vim } = await open(t);
  await desk.write('list.h', 'int list;\n');
  await desk.write('list.c', '#include "list.h"\n#include "main.c"\n\nint f(void) {\n  return 1;\n}\n');
  await vim.command('edit +5 list.c | Aside');
  await vim.see(/CTRL-T adds 1 list\.c:4-6 \(\d+ tokens\) {2}2 list\.h \(\d+\) *$/m);
  await vim.type('Why');
  await vim.press('C-t');
  await vim.type('2 so?');
  await vim.read('@ list.h');
  await vim.see(/CTRL-T adds 1 list\.c:4-6 \(\d+ tokens\) {2}2 main\.c \(\d+\) *$/m);
  await vim.press('Escape', 'C-t');
  await vim.type('1');
  await vim.see('with 2 attachments (');
  await vim.press('C-t');
  await vim.type('9');
  await vim.command('w');
  await vim.read('exchange 1');
  const question = asked(await desk.request(1));
  assert.match(question, /name="list.h"[^]*name="list.c" lines="4-6"[^>]*>\nint f\(void\) \{\n  return 1;\n\}\n[^]*Why so\?$/);
});

test('the lines that were selected last are suggested as long as the cursor is at them', async (t) => {
  const { vim } = await open(t);
  await vim.type('2GVj\x1b');
  await vim.command('Aside');
  await vim.see(/CTRL-T adds 1 main\.c:2-3 \(\d+ tokens\)/);
  await vim.leave();
  await vim.type('gg');
  await vim.command('Aside');
  await vim.see((screen) => screen.includes('No code is attached') && !screen.includes('main.c:2-3'), 'no selection');
});

test('the line above the question says what the whole request costs, as attachments come and go', async (t) => {
  const { desk, vim } = await open(t);
  await desk.write('large.c', 'int line; // and some more words of it\n'.repeat(100));
  await vim.command('Aside');
  await vim.see(/\b\d+ tokens, \$0\.\d+ *$/m); // too little to be cached
  await vim.see('No code is attached; CTRL-A adds main.c');
  const tokens = async () => Number((await vim.screen()).match(/\b(\d+) tokens, \$/)[1]);
  const before = await tokens();
  await vim.press('C-a');
  await vim.see('with 1 attachment (');
  await vim.see((screen) => Number(screen.match(/\b(\d+) tokens, \$/)?.[1]) > before, 'more tokens');
  await vim.type('And @large.c ');
  await vim.see(/\b\d\.\dk tokens, \$0\.\d+, \$0\.\d+ of it for the cache *$/m);
  await vim.type('what?\x1b');
  await vim.command('w');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('Aside');
  await vim.see(/\d\.\dk tokens, \d\.\dk cached, \$0\.\d+ *$/m);
  await vim.see('Claude has main.c');
});

const refusals = { 'program': /it is a binary file/, 'nonesuch.c': /there is no such file/ };
for (const [name, why] of Object.entries(refusals)) {
  test(`${name} is refused at once, and the other named files are added`, async (t) => {
    const { vim } = await open(t);
    await vim.command(`AsideAdd ${name} main.c`);
    await vim.see(why);
    await vim.command('Aside');
    await vim.see('with 1 attachment (');
  });
}

test('problems of the quickfix and location lists are attached: all of them, or those in a range', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideAdd ++problems');
  await vim.see('Aside: The quickfix and location lists have no entries for main.c.');
  await vim.command('call setqflist([#{bufnr: 1, lnum: 2, col: 5, type: "E", text: "no type"}, #{bufnr: 1, lnum: 1, text: "hm"}])');
  await vim.command('call setloclist(0, [#{bufnr: 1, lnum: 3, type: "w", text: "unused"}, #{bufnr: 1, lnum: 1, text: "hm"}])');
  await vim.command('AsideAdd ++problems');
  await vim.see('Aside: main.c, 3 problems will go with the next question');
  await vim.command('2AsideAdd ++problems');
  await vim.see('Aside: main.c:2, 1 problem will go with the next question, 2 attachments now');
  await vim.command('Aside Why');
  await vim.read('exchange 1');
  const question = asked(await desk.request(1));
  assert.match(question, /<problems name="main.c"[^>]*>\n1 hm\n2:5 error: no type\n3 warning: unused\n</);
  assert.match(question, /<problems name="main.c" lines="2-2"[^>]*>\n2:5 error: no type\n</);
  await vim.command('wincmd l | call cursor(1, 1) | call search("main.c:2")');
  await vim.press('Enter');
  await vim.command('echo "at" expand("%") line(".")');
  await vim.see(/^at main.c 2$/m);
});

test('the difference to the last commit is attached, with unsaved changes', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideAdd ++diff');
  await vim.see(/Aside: .*main.c/);
  await vim.command('%s/two/zwei/');
  await vim.command('AsideAdd ++diff');
  await vim.see('Aside: main.c, changes since the last commit will go with the next question');
  await vim.command('Aside Good?');
  await vim.read('exchange 1');
  assert.match(asked(await desk.request(1)), /-int two;\n\+int zwei;/);
});

test('@ in the prompt completes files of the repository, and lists them above the question', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('cd / | Aside');
  await vim.see(/\d+ tokens/);  // The daemon has answered, so it is known to find files.
  await vim.type('Compare @lis');
  await vim.see(/ src\/list\.c *$/m);
  await vim.press('C-n');
  await vim.read('Compare @src/list.c');
  assert.ok(!(await vim.screen()).includes('@ '));
  await vim.type(' with ');
  await vim.read('work/src/list.c 10 tokens');
  await vim.type('@main.c:1-2, @nonesuch.c and a@main.c');
  await vim.see('with 2 attachments (');
  await vim.press('Escape');
  await vim.command('w');
  await vim.read('exchange 1');
  await vim.rest();
  const question = asked(await desk.request(1));
  assert.match(question, /name="src\/list.c"/);
  assert.match(question, /name="main.c" lines="1-2"/);
  assert.match(question, /Compare @src\/list.c with @main.c:1-2, @nonesuch.c and a@main.c$/);
});

test('dd removes a file that @ listed, it isn\'t listed again while the question names it, and u brings it back', async (t) => {
  const { vim } = await open(t);
  await vim.command('Aside');
  await vim.see('Ask about main.c');
  await vim.type('See @main.c and @src/a\\ b.txt.\x1b');
  await vim.see('with 2 attachments (');
  await vim.type('ggdd');
  await vim.see('with 1 attachment (');
  await vim.type('GA Yes.\x1b');
  await vim.read('Yes.');
  await vim.see('with 1 attachment (');
  await vim.type('uu');
  await vim.see('with 2 attachments (');
  await vim.command('%d');
  await vim.see(/Ask about main.c {2}/);
});

test('CTRL-S straight after a name still lists and sends it', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('Aside');
  await vim.see('Ask about main.c');
  await vim.type('See @main.c');
  await vim.press('C-s');
  await vim.read('exchange 1');
  assert.match(asked(await desk.request(1)), /name="main.c" lines="1-4"/);
});

test('a file that may hold secrets is marked in the list, and sent only after a yes', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideAdd .env');
  await vim.see('Aside: .env will go with the next question');
  await vim.command('Aside');
  await vim.read('`.env` may hold secrets, going by its name (.env)');
  await vim.type('Fine?\x1b:w\r');
  await vim.see('Send this to Claude?');
  await vim.type('jyx');
  await vim.see('Send this to Claude?');
  await vim.press('Enter');
  await gone(vim, 'Send this');
  await vim.see('-- INSERT --');
  await vim.read('Fine?');
  await vim.see('with 1 attachment (');
  await vim.press('Escape');
  assert.equal((await desk.requests()).length, 0);
  await vim.command('w');
  await vim.see('Send this to Claude?');
  await vim.type('s');
  await vim.read('exchange 1');
  assert.match(asked(await desk.request(1)), /COLOUR=red[^]*Fine\?$/);
});

test('a file outside of the repository is asked about', async (t) => {
  const { desk, vim } = await open(t);
  await writeFile(join(desk.folder, 'far.txt'), 'far away\n');
  await vim.command('AsideAdd ../far.txt');
  await vim.see('will go with the next question');
  await vim.command('Aside Fine?');
  await vim.see('lies outside of the folders that are open');
  await vim.type('s');
  await vim.read('exchange 1');
});

test('CTRL-E closes the menu, and <Enter> is a line break where nothing was chosen', async (t) => {
  const { vim } = await open(t);
  await vim.command('set completeopt=menu,preview');
  await vim.command('Aside');
  await vim.see(/\d+ tokens/);
  await vim.type('See @sr');
  await vim.see(/ src\/list\.c *$/m);
  await vim.press('Enter');
  await vim.type('next');
  await vim.see(/\|See @sr *\n.*\|next *$/m);
  await vim.type(' @sr');
  await vim.see(/ src\/list\.c *$/m);
  await vim.press('C-e');
  await vim.see((screen) => !/ src\/list\.c *$/m.test(screen), 'no menu');
  await vim.press('C-x', 'C-u');
  await vim.see(/\|next @src\/list\.c *$/m);
  await vim.press('Escape');
  await vim.command('echo "option" &completeopt');
  await vim.see(/^option menu,preview$/m);
});

test('text that was begun meanwhile is not lost when a question is put back into the prompt', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ deltas: 90, gate: 'go', gate_after: 33 });
  await vim.command('Aside Count');
  await vim.read('28 29');
  await vim.type(':Aside\rMine\x1b:q\r');
  await vim.command('1Aside Too early');
  await vim.see('Aside: Wait for it to end');
  await vim.command('Aside');
  await vim.read('Mine');
  await vim.see('with 1 attachment (');
  assert.ok(!(await vim.screen()).includes('Too early'));
});

test('the daemon may die while the user is asked for consent', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideAdd .env');
  await vim.see('Aside: .env will go with the next question');
  await vim.command('Aside Fine?');
  await vim.see('Send this to Claude?');
  await vim.killDaemon();
  await vim.see('the daemon is gone');
  await vim.type('s');
  await vim.read('exchange 1');
  assert.match(asked(await desk.request(1)), /COLOUR=red[^]*Fine\?$/);
});

test('keys that are typed ahead answer no question: it is back in the prompt', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideAdd .env');
  await vim.see('Aside: .env will go with the next question');
  await vim.type(':Aside Fine?\rossss\rs');
  await vim.see(/^ssss *\|/m);
  await vim.press('Escape');
  await vim.see('The question is in the prompt; :w asks again. (');
  assert.equal((await desk.requests()).length, 0);
  await vim.command('Aside');
  await vim.read('Fine?');
  await vim.see('with 1 attachment (');
});

test('a question that costs more than the limit needs consent', async (t) => {
  const { desk, vim } = await open(t, '-c', 'let g:aside_options = {"confirmAbove": 0.0001}');
  await vim.command('Aside Fine?');
  await vim.see('Send this to Claude?');
  await vim.press('Escape');
  await gone(vim, 'Send this');
  await vim.see('-- INSERT --');
  await vim.read('Fine?');
  assert.equal((await desk.requests()).length, 0);
});

test('what was shared is kept current, from the disk and from buffers, and folded', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideAdd main.c src/list.c');
  await vim.see('2 attachments now');
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await desk.write('src/list.c', 'int first;\nint second;\nint changed;\n');
  await vim.command('%s/two/unsaved/');
  await vim.command('Aside Two');
  await vim.read('+-- changed since it was shared: `main.c');
  await vim.rest();
  const question = asked(await desk.request(2));
  assert.match(question, /int unsaved;/);
  assert.match(question, /int changed;/);
  await vim.command('wincmd l | call cursor(1, 1) | call search("since it was shared: .main.c")');
  await vim.press('Enter');
  await vim.command('echo "at" expand("%")');
  await vim.see(/^at main.c$/m);
});

test('after a buffer was unloaded, the text of its file is used', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideAdd src/list.c');
  await vim.see('will go');
  await vim.command('split src/list.c | %s/second/unsaved/');
  await vim.command('wincmd j | Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  assert.match(asked(await desk.request(1)), /int unsaved;/);
  await vim.command('bunload! src/list.c | Aside Two');
  await vim.read('exchange 2');
  assert.match(asked(await desk.request(2)), /int second;/);
});

test('a Vim that has just been started keeps what an earlier one shared current', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideAdd src/list.c');
  await vim.see('will go');
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('qa');
  await vim.ended();
  const again = await desk.vim('-c', 'edit src/list.c | %s/second/unsaved/ | edit main.c');
  await again.see('main.c');
  await again.command('Aside Two');
  await again.read('exchange 2');
  assert.match(asked(await desk.request(2)), /int unsaved;/);
});

for (const [how, ask] of Object.entries({
  ':Aside!': async (vim) => vim.command('Aside! Two'),
  ':w!': async (vim) => vim.type(':Aside\rTwo\x1b:w!\r'),
})) {
  test(`${how} asks without what has changed`, async (t) => {
    const { desk, vim } = await open(t);
    await vim.command('%Aside One');
    await vim.read('exchange 1');
    await vim.rest();
    await vim.command('%s/two/unsaved/');
    await ask(vim);
    await vim.read('exchange 2');
    await vim.rest();
    assert.equal(asked(await desk.request(2)), 'Two');
    await vim.command('Aside Three');
    await vim.read('exchange 3');
    assert.match(asked(await desk.request(3)), /unsaved/);
  });
}

test('a question that is edited shares again what was shared with it, but no update', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('%AsideAdd');
  await vim.see('will go');
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('%s/two/zwei/');
  await vim.command('AsideAdd dot.png ++diff');
  await vim.see('2 attachments now');
  await vim.command('Aside Two');
  await vim.read('exchange 2');
  await vim.rest();
  await vim.command('AsideEdit');
  await vim.read('@ dot.png image, 1 token');
  await vim.read('@ main.c, changes since the last commit');
  await vim.type('!\x1b:w\r');
  await vim.read('Two!');
  await vim.rest();
  const question = asked(await desk.request(3));
  assert.match(question, /\nimage\n[^]*<git-diff[^]*Two!\n<update/);
});
