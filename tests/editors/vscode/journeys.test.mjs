// What a person does with Aside in VS Code, and what is sent and shown. All of it in one window: each test has a file
// of its own, and so a conversation.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

const source = ['int main() {', '  int first;', '  int second;', '  int third;', '}', ''].join('\n');
const roles = (request) => request.messages.map((message) => message.role).join(' ');

test('VS Code', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk } = vscode;
  const journey = (name, file, steps) => vscode.walk(t, name, async () => {
    await desk.write(file, source);
    await vscode.edit(file);
    await steps();
  });

  await journey('a question from the palette is answered while one reads, and follow-ups carry the thread', 'main.c', async () => {
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

  await journey('several pieces are collected for one question', 'pieces.c', async () => {
    await vscode.select(2, 2);
    await vscode.command('Aside: Add Selection to Question');
    await desk.write('other.c', 'int other;\nint unwanted;\n');
    await vscode.edit('other.c');
    await vscode.select(1, 1);
    await vscode.command('Aside: Add Selection to Question');
    await vscode.select(2, 2);
    await vscode.command('Aside: Add Selection to Question');
    await vscode.edit('pieces.c');
    const pieces = vscode.view('#composer .attachment');
    await pieces.filter({ hasText: 'other.c:2' }).getByRole('button').click();
    await vscode.until(async () => (await pieces.allInnerTexts()).join() === 'pieces.c:2,other.c:1', 'what goes with the question');
    await vscode.ask('Both of them');
    await vscode.read('2 attachments');
    await vscode.rest();
    const sent = JSON.stringify((await vscode.sent('Both of them')).messages);
    for (const word of ['int first', 'int other']) assert.ok(sent.includes(word), word);
    for (const word of ['unwanted', 'int second']) assert.ok(!sent.includes(word), word);
  });

  await journey('the whole file goes only with the command that says so', 'whole.c', async () => {
    await vscode.ask('All of it', 'Aside: Ask About File…');
    await vscode.read('whole.c, begins int main() {');
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

  await journey('a reply can be had once more, gone on with, undone and redone', 'again.c', async () => {
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
    await vscode.type('Half a question');
    await vscode.press('Escape');
    await vscode.command('Aside: Ask…');
    await vscode.until(async () => await vscode.typed() === 'Half a question', 'the half question');
    await vscode.press('Escape');
    await vscode.command('Aside: Show Conversation');
    const box = vscode.view('textarea#question');
    await box.fill('Typed below');
    await vscode.edit('main.c');
    await vscode.until(async () => await box.inputValue() !== 'Typed below', 'a box of its own for each file');
    await vscode.edit('draft.c');
    await vscode.until(async () => await box.inputValue() === 'Typed below', 'what was typed');
  });

  await journey('Shift+Enter breaks the line, Enter sends, Up brings the last question back', 'keys.c', async () => {
    await vscode.command('Aside: Show Conversation');
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

  await journey('code goes from the reply to the cursor', 'insert.c', async () => {
    await desk.next({ text: 'Take this:\n\n```c\nint answer = 42;\n```\n' });
    await vscode.select(3, 2);
    await vscode.ask('Some code');
    await vscode.rest();
    await vscode.view('pre', { hasText: 'int answer = 42;' }).hover();
    await vscode.view('button', { hasText: /insert/i }).or(vscode.view('button[aria-label*=nsert], button[title*=nsert]')).first().click();
    await vscode.editor('int answer = 42;').waitFor();
    await vscode.command('File: Revert File');
  });

  await journey('a window that is loaded again shows the thread', 'reload.c', async () => {
    await vscode.ask('Before the reload');
    await vscode.read('This is exchange 1');
    await vscode.rest();
    await vscode.reload();
    await vscode.edit('reload.c');
    await vscode.command('Aside: Show Conversation');
    await vscode.read('You now ask: "Before the reload"');
    await vscode.follow('After it');
    await vscode.read('Before this you asked: "Before the reload"');
    await vscode.rest();
  });

  await journey('VS Code and Vim show one thread', 'both.c', async () => {
    await vscode.select(2, 3);
    await vscode.ask('First, here', 'Aside: Ask About Selection…');
    await vscode.read('This is exchange 1');
    await vscode.rest();
    await vscode.follow('Second, here');
    await vscode.read('This is exchange 2');
    await vscode.rest();
    const vim = await desk.vim('both.c');
    await vim.command('AsideOpen');
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
