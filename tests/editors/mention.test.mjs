// Tests of names after an @ in a question: of files, which the menu finds, and of patterns and folders, whose files are
// shown before they are added.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk, hold } from './support/desk.mjs';
import { until } from './support/terminal.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');

async function open(t) {
  const desk = await Desk.open(t);
  await mkdir(join(desk.folder, 'work', 'src'));
  await mkdir(join(desk.folder, 'work', '.git'));
  await desk.write('main.c', 'int one;\nint two;\n');
  await desk.write('src/list.c', 'int first;\nint second;\nint third;\n');
  await desk.write('src/a b.txt', 'spaces\n');
  return { desk, vim: await desk.vim('main.c') };
}

test('the files of a pattern and their price are shown before the question is sent, and each file becomes an attachment', async (t) => {
  const { desk, vim } = await open(t);
  await desk.write('src/list.h', 'int list;\n');
  await desk.write('src/heap.h', 'int heap;\n');
  await vim.command('Aside');
  await vim.type('Do @src/*.h, (and @src/*.c) agree?\x1b');
  await vim.command('w');
  await vim.see(/src\/heap\.h {2}\d+ tokens, < \$0\.0001\n *src\/list\.h {2}\d+ tokens, < \$0\.0001\n[^]*src\/\*\.h means these 2 files, \d+ tokens, (< )?\$0\.0\d+/);
  assert.equal((await desk.requests()).length, 0);
  await vim.press('Enter');
  await vim.read('Do @src/*.h, (and @src/*.c) agree?');
  const sent = (await desk.request(1)).messages.at(-1).content.map(({ text }) => text.split('\n')[0]);
  assert.deepEqual(sent, ['<attachment name="src/heap.h" lines="1-1">', '<attachment name="src/list.h" lines="1-1">',
    '<attachment name="src/list.c" lines="1-3">', 'Do @src/*.h, (and @src/*.c) agree?']);
});

test('if the user declines the files of a pattern, the question stays in the prompt, and the next :w sends it without them', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('Aside');
  await vim.type('Do @src/* agree with @nothing/*.h, mail@src/*.c or @items[0]?\x1b');
  await vim.command('w');
  await vim.see('src/* means these 2 files');
  await vim.type('c');
  await vim.see('Aside: the files of src/* were not added.');
  await vim.see('Do @src/* agree');
  assert.equal((await desk.requests()).length, 0);
  await vim.command('messages');
  await vim.see(/nothing is no folder\.[^]*:w sends the question as it is/);
  await vim.press('Enter');
  await vim.command('w');
  await vim.read('exchange 1');
  assert.equal((await desk.request(1)).messages.at(-1).content.length, 1);
});

test('the menu offers to show the files of a pattern; if the user agrees, they are attached at once', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('Aside');
  await vim.see(/\d+ tokens, \$0/);
  await vim.type('Look at @src/*');
  await vim.see(/src\/\* +shows its files/);
  await vim.press('C-n');
  await vim.press('C-y');
  await vim.see('src/* means these 2 files');
  await vim.press('Enter');
  await vim.see(/@ src\/a b\.txt/);
  await vim.see('with 2 attachments (');
  await vim.type(' please\x1b');
  await vim.command('w');
  await vim.read('exchange 1');
  assert.match(asked(await desk.request(1)), /first;[^]*Look at @src\/\* please$/);
});

test('each typed letter cancels the search for the letters before, and the menu shows what is found for all letters', async (t) => {
  const { desk, vim } = await open(t);
  const heard = join(desk.folder, 'heard');
  const daemon = await readFile(join(desk.folder, 'asided'), 'utf8');
  await writeFile(join(desk.folder, 'asided'), daemon.replace('exec', `rm -f '${heard}.pipe'; mkfifo '${heard}.pipe'; exec 3<&0
      tee '${heard}' <&3 >'${heard}.pipe' 3<&- &
      exec 3<&- <'${heard}.pipe'
      exec`));
  await vim.command('Aside');
  await vim.see(/\d+ tokens, \$0/);
  await vim.type('See ');
  const goOn = hold(t, await vim.daemon());
  for (const typed of ['@', '@l', '@li', '@lis']) {
    await vim.type(typed.at(-1));
    await until(async () => (await readFile(heard, 'latin1')).includes(`"query":"${typed.slice(1)}"`), `the search for ${typed}`);
  }
  goOn();
  await vim.see(/src\/list\.c *$/m);
  assert.equal((await readFile(heard, 'latin1')).split('$/cancelRequest').length - 1, 3);
});

test('names that were typed before the daemon\'s first answer are completed and listed when it comes, without another key', async (t) => {
  const { desk, vim } = await open(t);
  const go = join(desk.folder, 'go');
  const daemon = await readFile(join(desk.folder, 'asided'), 'utf8');
  await writeFile(join(desk.folder, 'asided'), daemon.replace('exec', `while [ ! -e '${go}' ]; do sleep 0.02; done\nexec`));
  await vim.command('Aside');
  await vim.see('Ask about main.c');
  await vim.type('Compare @main.c:1 with @lis');
  await vim.see('Compare @main.c:1 with @lis');
  await writeFile(go, '');
  await vim.see(/ src\/list\.c *$/m);
  await vim.see('with 1 attachment (');
});

test('names outside of the repository are completed part by part', async (t) => {
  const { desk, vim } = await open(t);
  await mkdir(join(desk.folder, 'notes'));
  await writeFile(join(desk.folder, 'notes', 'far away.txt'), 'far\n');
  await vim.command('Aside');
  await vim.see(/\d+ tokens, \$0/);
  await vim.type('See @~/not');
  await vim.see(/ ~\/notes\/ *$/m);
  await vim.press('C-n');
  await vim.type('fa');
  await vim.see(/ ~\/notes\/far away\.txt *$/m);
  await vim.press('C-n');
  await vim.read('See @~/notes/far\\ away.txt');
  await vim.type(' please');
  await vim.see('with 1 attachment (');
});

test('a file that the user has removed stays out when the refused question comes back, and a pattern isn\'t shown again', async (t) => {
  const { desk, vim } = await open(t);
  await desk.write('.env', 'COLOUR=red\n');
  await vim.command('Aside');
  await vim.type('See @main.c and @.env with @src/*\x1b');
  await vim.see('with 2 attachments (');
  await vim.type('ggdd');
  await vim.see('with 1 attachment (');
  await vim.command('w');
  await vim.see('src/* means these 2 files');
  await vim.press('Enter');
  await vim.see('Send this to Claude?');
  await vim.press('Enter');
  await vim.see('with 3 attachments (');
  await vim.press('Escape');
  await vim.command('w');
  await vim.see('Send this to Claude?');
  await vim.type('s');
  await vim.read('exchange 1');
  const sent = (await desk.request(1)).messages.at(-1).content.map(({ text }) => text.split('\n')[0]);
  assert.deepEqual(sent.map((line) => /name="(.*?)"/.exec(line)?.[1]), ['.env', 'src/a b.txt', 'src/list.c', undefined]);
});

test('a pattern that an earlier question has named is shown again for the next one', async (t) => {
  const { desk, vim } = await open(t);
  for (const exchange of [1, 2]) {
    await vim.command('Aside');
    await vim.see('Ask about main.c');
    await vim.type(`Question ${exchange} about @src/*\x1b`);
    await vim.command('w');
    await vim.see('src/* means these 2 files');
    await vim.press('Enter');
    await vim.read(`exchange ${exchange}`);
    await vim.rest();
  }
  const sent = (await desk.request(2)).messages.at(-1).content.map(({ text }) => text.split('\n')[0]);
  assert.deepEqual(sent, ['<attachment name="src/a b.txt" lines="1-1">', '<attachment name="src/list.c" lines="1-3">',
    'Question 2 about @src/*']);
});
