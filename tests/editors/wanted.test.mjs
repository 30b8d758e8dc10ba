// Tests of the files that a reply asks to see. They are shown with their price, and one key adds or sends them. Without
// that key, nothing is added or sent.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

const blocks = (request) => request.messages.at(-1).content.map((block) => block.text);

// Opens Vim in a repository with some files, and asks a question, to which the reply has this text.
async function open(t, reply, size = {}) {
  const desk = await Desk.open(t);
  desk.size = size;
  await mkdir(join(desk.folder, 'work/.git'));
  await mkdir(join(desk.folder, 'work/src'));
  await desk.write('main.c', 'int main;\n');
  await desk.write('heap.c', 'int heap;\n');
  await desk.write('src/list.c', 'int a;\nint b;\nint c;\n');
  await desk.write('.env', 'A=1\n');
  const vim = await desk.vim('main.c');
  await desk.next({ text: reply, thinking: '' });
  await vim.command('Aside Why is this slow?');
  await desk.request(1);
  return { desk, vim };
}

// Goes to the page, to the line that begins with this text.
async function goTo(vim, line) {
  await vim.type('\x17w');
  await vim.command(`call search('^\\V${line}', 'cw')`);
}

const two = 'I have to see more.\n\n@heap.c\n@src/list.c:2-3\n';

test('the files that a reply asks for are shown with their tokens, what is missing or secret with its reason', async (t) => {
  const { vim } = await open(t, 'I have to see more.\n\n@heap.c\n@gone.c\n@.env\n');
  await vim.see(/@heap\.c {2}\d+ tokens, < \$0\.0001/);
  await vim.see(/@gone\.c {2}sharing gone\.c: there is/);
  await vim.see(/@\.env {2}\d+ tokens?, < \$0\.0001; `\.env` may hold secrets/);
  await vim.see('gw adds them to the next question, gW asks now, < $0.0001');
});

test('a reply of nothing that is there offers no key', async (t) => {
  const { vim } = await open(t, 'I have to see more.\n\n@gone.c\n');
  const screen = await vim.see(/@gone\.c {2}sharing gone\.c: there is/);
  assert.doesNotMatch(screen, /gw adds/);
  await vim.command('AsideWanted');
  await vim.see(/Aside: sharing gone\.c: there is no such file/);
});

test('gw on one of two files: the next request holds exactly that one', async (t) => {
  const { desk, vim } = await open(t, two);
  await vim.see(/@src\/list\.c:2-3 {2}\d+ tokens/);
  await goTo(vim, '@src');
  await vim.type('gw');
  await vim.see('Aside: src/list.c:2-3 will go with the next question');
  assert.equal((await desk.requests()).length, 1);
  await vim.command('Aside And now?');
  const sent = blocks(await desk.request(2));
  assert.equal(sent.length, 2);
  assert.equal(sent[0], '<attachment name="src/list.c" lines="2-3">\nint b;\nint c;\n</attachment>');
  assert.equal(sent[1], 'And now?');
});

test('gw elsewhere in the reply adds all, gW asks with all at once, in fixed words', async (t) => {
  const { desk, vim } = await open(t, two);
  await vim.see(/@heap\.c {2}\d+ tokens/);
  await goTo(vim, 'I have');
  await vim.type('gw');
  await vim.see('Aside: heap.c, src/list.c:2-3 will go with the next question');
  await vim.type('gW');
  await vim.read('Here is what you asked to see.');
  const sent = blocks(await desk.request(2));
  assert.deepEqual(sent.map((text) => text.split('\n')[0]), ['<attachment name="heap.c" lines="1-1">',
    '<attachment name="src/list.c" lines="2-3">', 'Here is what you asked to see. Go on with your answer, and take it into account.']);
});

test('<CR> on a line that asks for a file goes there', async (t) => {
  const { vim } = await open(t, two);
  await vim.see(/@heap\.c {2}\d+ tokens/);
  await goTo(vim, '@src');
  await vim.press('Enter');
  await vim.command('echo "at" fnamemodify(bufname(), ":t") line(".")');
  await vim.see(/^at list\.c 2$/m);
});

test('a reply may ask for anything: what lies outside is named in full, and nothing is sent without a yes', async (t) => {
  const { desk, vim } = await open(t, 'Show me\n\n@~/.ssh/id_rsa\n@../outside.c\n@/etc/passwd\n');
  await vim.see(/@~\/\.ssh\/id_rsa {2}sharing .*id_rsa: there is/);
  await vim.see(/@\/etc\/passwd {2}.*tokens, (< )?\$0\.\d+; /);
  await vim.command('AsideWanted!');
  await vim.see('lies outside of the folders that are open');
  await vim.press('Escape');
  await vim.see(/@ \/etc\/passwd/);
  assert.equal((await desk.requests()).length, 1);
});

test('from the file :AsideWanted! asks with what the last reply wants', async (t) => {
  const { desk, vim } = await open(t, two);
  await vim.see(/@heap\.c {2}\d+ tokens/);
  await vim.command('AsideWanted!');
  assert.equal(blocks(await desk.request(2)).length, 3);
});

test('a possible secret is asked about before it is sent, and refusing sends nothing', async (t) => {
  const { desk, vim } = await open(t, 'Show me\n\n@.env\n');
  await vim.see(/@\.env {2}\d+ tokens?/);
  await goTo(vim, '@.env');
  await vim.type('gW');
  await vim.see('may hold secrets, going by its name');
  await vim.see(/s sends|Send/i);
  await vim.press('Escape');
  await vim.see(/@ \.env/);
  assert.equal((await desk.requests()).length, 1);
});

test('unsaved text of a file that is wanted is what goes along', async (t) => {
  const { desk, vim } = await open(t, '@heap.c\n');
  await vim.see(/@heap\.c {2}\d+ tokens/);
  await vim.command('call bufload(bufadd("heap.c")) | call setbufline("heap.c", 1, "int unsaved;")');
  await vim.command('AsideWanted!');
  assert.match(blocks(await desk.request(2))[0], /int unsaved;/);
});

test('what only looks like the form is shown as it is, and a reply that asks for nothing says so', async (t) => {
  const { vim } = await open(t, 'Above the class goes\n\n@dataclass\n');
  await vim.read('@dataclass');
  await vim.rest();
  await vim.command('AsideWanted');
  const screen = await vim.see("Aside: this reply doesn't ask to see a file");
  assert.doesNotMatch(screen, /tokens {2}|gw adds/);
});

test('the remarks go when the next question is asked', async (t) => {
  const { desk, vim } = await open(t, two);
  await vim.see('gw adds');
  await desk.next({ text: 'Never mind.', thinking: '' });
  await vim.command('Aside Say it all the same');
  await vim.read('Never mind.');
  await vim.see((screen) => !screen.includes('gw adds'), 'the end of the remarks');
});

test('in 80 columns and 24 lines all of it is seen', async (t) => {
  const { vim } = await open(t, two, { columns: 80, rows: 24 });
  await vim.see(/@heap\.c {2}\d+ tokens/);
  await vim.see(/@src\/list\.c:2-3 {2}\d+ tokens/);
  await vim.see('gw adds them to the next question, gW asks now, < $0.0001');
  await goTo(vim, '@heap');
  await vim.type('g?');
  await vim.see('gw gW');
  await vim.see(/:help aside\s*│?/);
});

test('with a daemon that is older than the plugin nothing of this is offered, and all else works', async (t) => {
  const desk = await Desk.open(t);
  await desk.older();
  await desk.write('main.c', 'int main;\nint second;\n');
  await desk.write('heap.c', 'int heap;\n');
  const vim = await desk.vim('--cmd', 'set signcolumn=yes', 'main.c');
  await desk.next({ text: 'I have to see more.\n\n@heap.c\n', thinking: '' });
  await vim.command('1,2Aside Why?');
  await vim.read('@heap.c');
  await vim.rest();
  for (const command of ['AsideWanted', 'AsideHere']) {
    await vim.command(command);
    await vim.see(/Aside: \S*asided is older than this plugin and can't do that: update it/);
    await vim.command('echo');
  }
  await vim.command('Aside');
  await vim.see('Nothing new is attached');
  await vim.type('See @heap.c and @*.c too\x1b');
  const screen = await vim.see('See @heap.c and @*.c too');
  assert.doesNotMatch(screen, /CTRL-T adds|gw adds|\d+ tokens, \$/);
  await vim.command('w');
  await vim.see(/Aside: \S*asided is older than this plugin and can't find files after @: update it/);
  await vim.command('messages');
  await vim.see(/: update it\. :w sends/);
  await vim.press('Enter');
  assert.equal((await desk.requests()).length, 1);
  await vim.command('w');
  await vim.read('exchange 2');
  assert.equal(blocks(await desk.request(2)).length, 1);
  assert.deepEqual(await desk.refused(), []);
});
