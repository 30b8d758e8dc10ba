// Tests of the preview of a question with its price, of the usage report, and of the summary of a long conversation.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

async function open(t, ...args) {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int one;\nint two;\nint three;\n');
  await desk.write('other.c', 'int other;\n');
  return { desk, vim: await desk.vim(...args, 'main.c') };
}

async function ask(vim, question, answer) {
  await vim.command(`Aside ${question}`);
  await vim.read(answer);
  await vim.rest();
}

const gone = async (vim, text) => vim.see((screen) => !screen.includes(text), `no ${text}`);

test('a preview shows what would go, and sends nothing; q is back where one came from', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsidePreview');
  await vim.see('Aside: give a question, or write one in the prompt');
  await vim.command('1AsideAdd');
  await vim.see('will go');
  await vim.command('tab 2AsidePreview Why this?');
  await vim.see(/To claude-opus-5-5: \d+ tokens, \$0\.\d+ without the reply/);
  await vim.see(/^Cache: an hour, because it makes no difference: this model caches nothing that is shorter than 512 tokens\./m);
  await vim.see(/`main.c:1` \(1 line\)[^]*`main.c:2` \(1 line\)[^]*Why this\?[^]*\+-- +\d+ lines: ```json/);
  await vim.type('Gzo');
  await vim.see(/"text": "Why this\?"/);
  await vim.type('q');
  await gone(vim, 'What would be sent');
  await vim.command('echo "at" expand("%") winnr("$")');
  await vim.see(/^at main.c 1$/m);
  assert.equal((await desk.requests()).length, 0);
  await vim.command('Aside');
  await vim.see('with 1 attachment (');
});

test('K in the prompt previews its question, which stays as it is', async (t) => {
  const { vim } = await open(t);
  await vim.command('1Aside');
  await vim.see('with 1 attachment (');
  await vim.type('Why this?\x1bK');
  await vim.see(/To claude-opus-5-5: /);
  await vim.type('q');
  await gone(vim, 'What would be sent about');
  await vim.command('w');
  await vim.read('You now ask: "Why this?"');
});

test('a preview shows the updates, and with ! shows none; for a changed question it is about the branch', async (t) => {
  const { vim } = await open(t);
  await vim.command('%Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('1delete');
  await vim.command('tab AsidePreview Two');
  await vim.see('changed since it was shared: `main.c');
  await vim.type('q');
  await gone(vim, 'What would be sent about');
  await vim.command('tab AsidePreview! Two');
  await vim.see('Before it: 1 exchange');
  assert.ok(!(await vim.screen()).includes('changed since'));
  await vim.type('q');
  await vim.command('AsideEdit');
  await vim.see('Ask differently');
  await vim.type('\x1b');
  await vim.command('tab AsidePreview');
  await vim.see('This is the first question of the conversation.');
});

test('the line above an edited question has that question\'s price', async (t) => {
  const { desk, vim } = await open(t);
  await desk.write('large.c', 'int line; // and some more words of it\n'.repeat(300));
  await vim.command('AsideAdd large.c');
  await vim.see('will go');
  await ask(vim, 'One', 'exchange 1');
  await ask(vim, 'Two', 'exchange 2');
  await vim.command('AsideEdit');
  await vim.see(/\d\.\dk tokens, \d\.\dk cached, \$0\.\d+/);
  await vim.leave();
  await vim.type('\x17w');
  await vim.command('1');
  await vim.command('AsideEdit');
  await vim.see('Ask differently');
  await vim.see(/\d\.\dk tokens, \$0\.\d+, \$0\.\d+ of it for the cache/);  // nothing before it, so nothing is cached
  await vim.type('\x1bggdd');
  await vim.see(/\b\d{3} tokens, \$0\.\d+ *$/m);
});

test('if a question can not be sent, the preview says why', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('AsideAdd other.c');
  await vim.see('will go');
  await desk.write('other.c', '\0\0');
  await vim.command('AsidePreview Why');
  await vim.see(/Nothing would be sent:[^]*sharing other.c: it is a binary file/);
});

test('the status line tells size, cached share and price, and when the window is nearly full', async (t) => {
  const { desk, vim } = await open(t);
  await ask(vim, 'One', 'exchange 1');
  await vim.see(/\$0\.00\d\d · \d+ tokens · opus-5-5/);
  await vim.command('call append(0, repeat(["// a line that is one of many"], 400)) | %Aside Two');
  await vim.read('exchange 2');
  await vim.rest();
  await ask(vim, 'Three', 'exchange 3');
  await vim.see(/ main\.c( · One)? {2}\$0\.0\d+ · \d\.\dk tokens, [789]\d % cached · opus-5-5 *$/m);
  await vim.command('echo aside#statusline()');
  await vim.see(/^\$0\.0\d+ · \d\.\dk tokens, [789]\d % cached · opus-5-5$/m);
  await writeFile(join(desk.folder, 'work', 'small.vim'),
    'let g:aside_options = {"models": {"claude-opus-5-5": {"contextWindow": 200}}}');
  const small = await desk.vim('-S', 'small.vim', 'main.c');
  await small.command('botright AsideOpen');
  await small.see(/\$0\.0\d+ · [\d.]+k? tokens, nearly full: :AsideCompact · opus-5-5/);
});

test('usage is shown as a table, grouped by the named columns, and written as CSV without overwriting a file', async (t) => {
  const { desk, vim } = await open(t);
  await ask(vim, 'One', 'exchange 1');
  await vim.command('AsideUsage');
  await vim.see(/Day +File +Model +Replies +Cost +Tokens in +Cached +Tokens out\n20\d\d-\d\d-\d\d +main.c +claude-opus-5-5 +1 /);
  await vim.type('q');
  await gone(vim, 'Replies');
  await vim.command('AsideUsage month model');
  await vim.see(/Month +Model +Replies/);
  await vim.type('q');
  await vim.command('AsideUsage file used.csv');
  await vim.see('Aside: the table is written to used.csv');
  const file = join(desk.folder, 'work', 'used.csv');
  assert.match(await readFile(file, 'utf8'), /main\.c/);
  await writeFile(file, 'mine');
  await vim.command('AsideUsage used.csv');
  await vim.see('Aside: used.csv is there already; :AsideUsage! overwrites it');
  assert.equal(await readFile(file, 'utf8'), 'mine');
  await vim.command('AsideUsage! used.csv');
  await vim.see('Aside: the table is written to used.csv');
  await vim.command('AsideUsage none/used.csv');
  await vim.see('Aside: none/used.csv cannot be written');
  await vim.command('AsideUsage weekday');
  await vim.see('Aside: weekday is neither one of day, month, file, model, conversation nor a file that ends in .csv');
  await vim.type(':AsideUsage conv');
  await vim.press('Tab');
  await vim.see(':AsideUsage conversation');
});

test('a model that will be gone says so when it is chosen, and is completed last', async (t) => {
  const { vim } = await open(t);
  await vim.command('AsideModel claude-sonnet-4-5');
  await vim.see(/Aside: .*claude-sonnet-4-5.* \(deprecated, retires on 2\d{3}-\d\d-\d\d: use claude-\S+\)/);
  await vim.command('let models = getcompletion("AsideModel ", "cmdline") | echo "places" models->index("claude-sonnet-4-5") > models->index("claude-haiku-4-5")');
  await vim.see(/^places 1$/m);
});

test('AsideCompact sums up what was said, by the user\'s instructions, and AsideUndo removes the summary', async (t) => {
  const { desk, vim } = await open(t);
  await ask(vim, 'One', 'exchange 1');
  await vim.command('AsideCompact keep "names" | and numbers');
  await vim.see(/Summed up · /);
  await vim.read('From here on this summary is sent instead of everything above it.');
  await vim.rest();
  assert.match((await desk.request(2)).compaction.instructions, /keep "names" \| and numbers$/);
  await ask(vim, 'Two', 'exchange 1 since the summary');
  await vim.rest();  // undo isn't possible while a reply is being written
  await vim.command('AsideUndo | AsideUndo');
  await gone(vim, 'Summed up');
  await ask(vim, 'Three', 'exchange 2');
});

test('a conversation that is too long for the model says what helps', async (t) => {
  const { desk, vim } = await open(t);
  await ask(vim, 'One', 'exchange 1');
  await desk.next({ status: 400, message: 'prompt is too long: 1000001 tokens > 1000000 maximum' });
  await vim.command('Aside Two');
  await vim.see('Aside: :AsideCompact sums up the conversation, :AsideNew begins another');
});
