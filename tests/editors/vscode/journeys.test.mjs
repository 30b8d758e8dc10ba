// Tests of what a user does with Aside in VS Code, and of what is sent and shown. All tests use one window. Each test
// has a file of its own, and so a conversation of its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

const source = ['int main() {', '  int first;', '  int second;', '  int third;', '}', ''].join('\n');
const roles = (request) => request.messages.map((message) => message.role).join(' ');

test('VS Code', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk } = vscode;
  const journey = (name, file, steps) => vscode.walk(t, name, async (t) => {
    await desk.write(file, source);
    await vscode.edit(file);
    await steps(t);
  });

  await journey('a question from the palette is answered while one reads, and follow-ups carry the conversation', 'main.c', async () => {
    await desk.next({ deltas: 40, gate: 'half', gate_after: 23 });
    await vscode.ask('Count to forty');
    await vscode.read('18 19');
    await vscode.rest('streaming');
    await desk.release('half');
    await vscode.read('38 39');
    await vscode.rest();
    await vscode.follow('And a second');
    await vscode.read('This is exchange 2: 3 messages');
    await vscode.rest();
    await vscode.follow('And a third');
    await vscode.read('This is exchange 3: 5 messages');
    await vscode.rest();
    assert.equal(roles(await vscode.sent('And a third')), 'user assistant user assistant user');
    assert.ok(!JSON.stringify(await vscode.sent('And a third')).includes('main'), 'nothing of the file, not even its name');
  });

  await journey('the selection goes with the question, and its link leads back to the lines', 'chosen.c', async () => {
    await vscode.select(2, 3);
    await vscode.ask('Why these', 'Aside: Ask About Selection…');
    await vscode.read('chosen.c, lines 2-3, begins int first;');
    await vscode.rest();
    const sent = JSON.stringify((await vscode.sent('Why these')).messages);
    assert.ok(sent.includes('int second') && !sent.includes('int third'));
    await vscode.select(5, 5);
    await vscode.view('.attachment', { hasText: 'chosen.c' }).click();
    await vscode.page.locator('.statusbar-item', { hasText: /Ln \d+, Col \d+ \(\d+ selected\)/ }).waitFor();
  });

  await journey('what is selected with several cursors are several attachments', 'cursors.c', async () => {
    await desk.write('cursors.c', 'int twice;\nint once;\nint twice;\n');
    await vscode.command('File: Revert File');
    await vscode.editor('int once;').waitFor();
    await vscode.select(1, 1);
    await vscode.command('Add Selection To Next Find Match');
    await vscode.page.locator('.statusbar-item', { hasText: '2 selections' }).waitFor();
    await vscode.ask('Why both', 'Aside: Ask About Selection…');
    await vscode.read('2 attachments');
    await vscode.rest();
    const shared = await vscode.turns('user').last().locator('.attachment').allInnerTexts();
    assert.deepEqual(shared, ['cursors.c:1', 'cursors.c:3']);
    assert.ok(!JSON.stringify((await vscode.sent('Why both')).messages).includes('int once'));
  });

  await journey('what is typed after a question goes with the next one', 'typed.c', async () => {
    await vscode.select(2, 2);
    await vscode.ask('The first line', 'Aside: Ask About Selection…');
    await vscode.rest();
    await vscode.select(1, 1);
    await vscode.press('ArrowLeft');
    await vscode.type('int typed_first;');
    await vscode.press('Enter');
    await vscode.select(1, 1);
    await vscode.type('int typed_since;');
    await vscode.press('Enter');
    await vscode.select(1, 2);
    await vscode.ask('What was typed', 'Aside: Ask About Selection…');
    await vscode.read('typed.c, lines 1-2, begins int typed_since;');
    await vscode.rest();
    const { messages } = await vscode.sent('What was typed');
    assert.ok(JSON.stringify(messages.at(-1)).includes('int typed_since;\\nint main() {'));
    await vscode.command('File: Revert File');
  });

  await journey('the lightbulb asks about the selection', 'bulb.c', async () => {
    await vscode.select(2, 3);
    await vscode.lightbulb('Ask Aside about the selection');
    await vscode.answer('Lit up');
    await vscode.read('bulb.c, lines 2-3, begins int first;');
    await vscode.rest();
  });

  await journey('a problem is explained; if that is refused, nothing that was written or added is lost', 'problem.json', async () => {
    await desk.write('problem.json', '{\n  "wrong": nonsense\n}\n');
    await vscode.command('File: Revert File');
    await vscode.editor('nonsense').waitFor();
    const explain = async () => {
      await vscode.select(2, 2);
      await vscode.page.locator('.squiggly-error').first().waitFor();
      await vscode.lightbulb('Explain this problem with Aside');
      await vscode.until(async () => /^Explain this problem: \w/.test(await vscode.typed()), 'the question');
      await vscode.press('Enter');
    };
    await desk.next({ deltas: 40, gate: 'explained', gate_after: 23 });
    await explain();
    await vscode.read('18 19');
    assert.ok(JSON.stringify((await vscode.sent('Explain this problem')).messages).includes('nonsense'));
    const box = vscode.view('textarea#question');
    await box.fill('Half a thought');
    await vscode.edit('problem.json');
    await vscode.select(1, 1);
    await vscode.command('Aside: Add Selection to Question');
    await vscode.view('#composer .attachment', { hasText: 'problem.json:1' }).waitFor();
    await explain();
    await vscode.view('#failure', { hasText: /being written/ }).waitFor();
    await vscode.until(async () => /^Explain this problem: .*\n\nHalf a thought$/.test(await box.inputValue()), 'both texts');
    assert.deepEqual(await vscode.view('#composer .attachment .name').allInnerTexts(), ['problem.json:1', 'problem.json:2']);
    await desk.release('explained');
    await vscode.rest();
    const pieces = vscode.view('#composer .attachment button');
    for (const left of [1, 0]) {
      await pieces.first().press('Enter');
      await vscode.until(async () => await pieces.count() === left, 'one piece less');
    }
    await box.fill('');
  });

  await journey('a conversation has the model that was chosen for it', 'model.c', async () => {
    await vscode.command('Aside: Choose Model…');
    await vscode.choose('Claude Haiku 5.5');
    await vscode.choose('high');
    await vscode.view('.model', { hasText: 'haiku-5-5 · high' }).waitFor();
    await vscode.follow('Who are you');
    await vscode.rest();
    const { model, output_config: { effort } } = await vscode.sent('Who are you');
    assert.deepEqual({ model, effort }, { model: 'claude-haiku-5-5', effort: 'high' });
    await vscode.turns('assistant').getByText('haiku-5-5').waitFor();
  });

  await journey('the items of a long list keep their numbers while it is written, however they are numbered in it', 'list.c', async () => {
    await desk.next({ text: '3. an item of *some* length\n', deltas: 900, gate: 'list', gate_after: 600, thinking: '' });
    await vscode.ask('Number them');
    const items = () => vscode.turns('assistant').locator('ol').evaluateAll((lists) =>
      lists.flatMap((list) => [...list.children].map((_, index) => Number(list.getAttribute('start') ?? 1) + index)));
    const numbers = (count) => Array.from({ length: count }, (_, index) => index + 3);
    await vscode.until(async () => (await items()).length === 600, 'six hundred items');
    assert.deepEqual(await items(), numbers(600));
    await desk.release('list');
    await vscode.rest();
    await vscode.until(async () => (await items()).length === 900, 'all items');
    assert.deepEqual(await items(), numbers(900));
  });

  await journey('a long piece of code stays one, with all its lines', 'code.c', async () => {
    const lines = Array.from({ length: 2000 }, (_, index) => `int line_${index};\n`).join('');
    await desk.next({ text: `Before\n\n\`\`\`c\n${lines}\`\`\`\n\nAfter`, thinking: '' });
    await vscode.ask('A long one');
    await vscode.rest();
    await vscode.turns('assistant').getByText('After', { exact: true }).waitFor();
    const blocks = await vscode.turns('assistant').locator('pre code').allTextContents();
    assert.equal(blocks.length, 1);
    assert.equal(blocks[0], lines);
  });

  await journey('several pieces are collected for one question', 'pieces.c', async () => {
    await vscode.select(2, 2);
    await vscode.command('Aside: Add Selection to Question');
    await desk.write('other.c', 'int other;\nint unwanted;\n');
    await vscode.edit('other.c');
    const pieces = vscode.view('#composer .attachment');
    for (const line of [1, 2]) {
      await vscode.select(line, line);
      await vscode.command('Aside: Add Selection to Question');
      await pieces.filter({ hasText: `other.c:${line}` }).waitFor();
    }
    await vscode.edit('pieces.c');
    await pieces.filter({ hasText: 'other.c:2' }).getByRole('button').click();
    await vscode.until(async () => (await pieces.locator('.name').allInnerTexts()).join() === 'pieces.c:2,other.c:1', 'what goes with the question');
    await vscode.ask('Both of them');
    await vscode.read('2 attachments');
    await vscode.rest();
    const sent = JSON.stringify((await vscode.sent('Both of them')).messages);
    for (const word of ['int first', 'int other']) assert.ok(sent.includes(word), word);
    for (const word of ['unwanted', 'int second']) assert.ok(!sent.includes(word), word);
  });

  await journey('the whole file goes only with the command that says so', 'whole.c', async () => {
    await vscode.ask('All of it', 'Aside: Ask About File…');
    await vscode.read('whole.c, lines 1-5, begins int main() {');
    await vscode.rest();
  });

  await journey('another file has another conversation, while a reply goes on in the first', 'one.c', async () => {
    await desk.next({ deltas: 40, gate: 'away', gate_after: 23 });
    await vscode.ask('Count in one');
    await vscode.read('18 19');
    await desk.write('two.c', source);
    await vscode.edit('two.c');
    await vscode.view('article.turn', { hasText: 'Count in one' }).waitFor({ state: 'detached' });
    await vscode.view('#elsewhere button', { hasText: 'one.c' }).waitFor();
    assert.deepEqual(await vscode.view('body').evaluate(() => document.getAnimations().length), 0, 'nothing turns where motion is reduced');
    await vscode.follow('Meanwhile in two');
    await vscode.read('This is exchange 1');
    await vscode.rest();
    await desk.release('away');
    await vscode.edit('one.c');
    await vscode.read('38 39');
    await vscode.rest();
    await vscode.view('article.turn', { hasText: 'Meanwhile' }).waitFor({ state: 'detached' });
  });

  await journey('a reply that is stopped is kept and marked, and the next question follows it', 'stop.c', async () => {
    await desk.next({ deltas: 90, gate: 'never', gate_after: 33 });
    await vscode.ask('Count without end');
    await vscode.read('28 29');
    await vscode.view('button#stop').click();
    await vscode.rest('cancelled');
    await vscode.read('28 29');
    await vscode.follow('Next');
    await vscode.read('This is exchange 2');
    await vscode.rest();
  });

  await journey('a reply can be requested again, continued, undone and redone', 'again.c', async (t) => {
    await desk.next({ text: 'Half of a thought', stop_reason: 'max_tokens' });
    await vscode.ask('Think');
    await vscode.rest('cut');
    await vscode.command('Aside: Continue');
    await vscode.read('This is exchange 2');
    await vscode.rest();
    await vscode.command('Aside: Retry');
    await vscode.turns('assistant').getByText('2/2').waitFor();
    await vscode.rest();
    await vscode.command('Aside: Undo Last Exchange');
    await vscode.view('article.turn', { hasText: 'This is exchange 2' }).waitFor({ state: 'detached' });
    await vscode.command('Aside: Redo');
    await vscode.read('This is exchange 2');
    const moves = async () => (await vscode.heard()).split('conversation/select').length;
    const before = await moves();
    const goOn = await vscode.holdDaemon(t);
    await vscode.press('Alt+A', 'u');
    await vscode.until(async () => await moves() > before, 'the first undo');
    await vscode.led(() => vscode.press('Alt+A', 'u')); // the daemon has not answered the first undo yet
    goOn();
    await vscode.view('article.turn').first().waitFor({ state: 'detached' });
  });

  await journey('a new conversation leaves the old one in the list', 'many.c', async () => {
    await vscode.ask('The old one');
    await vscode.read('This is exchange 1');
    await vscode.rest();
    await vscode.command('Aside: New Conversation');
    await vscode.view('article.turn').first().waitFor({ state: 'detached' });
    await vscode.follow('The new one');
    await vscode.read('You now ask: "The new one"');
    await vscode.rest();
    await vscode.command('Aside: Switch Conversation…');
    await vscode.choose('The old one');
    await vscode.read('You now ask: "The old one"');
  });

  await journey('the transcript is a document of its own that grows with the reply', 'plain.c', async () => {
    await desk.next({ deltas: 40, gate: 'plain', gate_after: 23 });
    await vscode.ask('Count as text');
    await vscode.read('18 19');
    await vscode.command('Aside: Open Transcript');
    await vscode.editor('18 19').waitFor();
    await desk.release('plain');
    await vscode.editor('38 39').waitFor();
    await vscode.rest();
    await vscode.press('Control+W');
  });

  await journey('the view follows the reply only while one is at its end', 'long.c', async () => {
    await desk.next({ text: 'word\n\n', deltas: 300, gate: 'up', gate_after: 203 });
    await vscode.ask('Fill pages');
    const feed = vscode.view('[role=feed]');
    const above = () => feed.evaluate((box) => box.scrollTop);
    const below = () => feed.evaluate((box) => box.scrollHeight - box.clientHeight - box.scrollTop);
    await vscode.until(() => feed.evaluate((box) => box.scrollHeight > 4 * box.clientHeight), 'several pages');
    await vscode.until(async () => await below() < 5, 'the end in sight');
    await vscode.turns('assistant').last().hover();
    await vscode.page.mouse.wheel(0, -600);
    await vscode.until(async () => await below() > 500, 'the way up');
    const top = await above();
    await desk.release('up');
    await vscode.rest();
    assert.ok(Math.abs(await above() - top) < 5, 'it stays where one reads');
  });

  await journey('a question that was not sent is still there', 'draft.c', async () => {
    await vscode.command('Aside: Ask…');
    await vscode.titled('Ask about draft.c');
    await vscode.type('Half a question');
    await vscode.press('Escape');
    await vscode.command('Aside: Ask…');
    await vscode.titled('Ask about draft.c');
    await vscode.until(async () => await vscode.typed() === 'Half a question', 'the half question');
    await vscode.press('Escape');
    await vscode.show();
    const box = vscode.view('textarea#question');
    await box.fill('Typed below');
    await vscode.edit('main.c');
    await vscode.until(async () => await box.inputValue() !== 'Typed below', 'a box of its own for each file');
    await vscode.edit('draft.c');
    await vscode.until(async () => await box.inputValue() === 'Typed below', 'what was typed');
  });

  await journey('Shift+Enter breaks the line, Enter sends, Up brings the last question back', 'keys.c', async () => {
    await vscode.show();
    const box = vscode.view('textarea#question');
    await box.click();
    await vscode.type('First line');
    await vscode.press('Shift+Enter');
    await vscode.type('second line');
    await vscode.press('Enter');
    await vscode.read('This is exchange 1');
    await vscode.rest();
    await vscode.until(async () => await box.inputValue() === '', 'an empty box');
    await vscode.press('ArrowUp');
    assert.equal(await box.inputValue(), 'First line\nsecond line');
    await box.fill('');
  });

  await journey('a button inserts code of a reply at the cursor', 'insert.c', async () => {
    await desk.next({ text: 'Take this:\n\n```c\nint answer = 42;\n```\n' });
    await vscode.select(3, 2);
    await vscode.ask('Some code');
    await vscode.rest();
    await vscode.view('pre', { hasText: 'int answer = 42;' }).hover();
    await vscode.view('button', { hasText: /insert/i }).or(vscode.view('button[aria-label*=nsert], button[title*=nsert]')).first().click();
    await vscode.editor('int answer = 42;').waitFor();
    await vscode.command('File: Revert File');
  });

  await journey('a window that is loaded again shows the conversation', 'reload.c', async () => {
    await vscode.ask('Before the reload');
    await vscode.read('This is exchange 1');
    await vscode.rest();
    await vscode.reload();
    await vscode.edit('reload.c');
    await vscode.show();
    await vscode.read('You now ask: "Before the reload"');
    await vscode.follow('After it');
    await vscode.read('Before this you asked: "Before the reload"');
    await vscode.rest();
  });

  await journey('VS Code and Vim show one conversation', 'both.c', async () => {
    await vscode.select(2, 3);
    await vscode.ask('First, here', 'Aside: Ask About Selection…');
    await vscode.read('This is exchange 1');
    await vscode.rest();
    await vscode.follow('Second, here');
    await vscode.read('This is exchange 2');
    await vscode.rest();
    const vim = await desk.vim('both.c');
    await vim.command('AsideOpen');
    await vim.read('both.c, lines 2-3');
    await vim.read('You now ask: "Second, here".');
    await vim.command('Aside Third, there');
    await vim.read('This is exchange 3: 5 messages');
    await vscode.read('This is exchange 3: 5 messages');
    await vscode.rest();
    const third = await vscode.sent('Third, there');
    assert.equal(roles(third), 'user assistant user assistant user');
    await vim.command('qa!');
    await vim.ended();
  });
});
