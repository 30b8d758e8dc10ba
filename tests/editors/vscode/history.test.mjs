// Tests of the history: conversations are renamed, switched, found again, deleted and restored, and nothing is lost.
import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

test('a history in VS Code', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk } = vscode;
  const title = (text) => vscode.view('h1 span', { hasText: text }).waitFor();
  const gone = (text) => vscode.view('article.turn', { hasText: text }).first().waitFor({ state: 'detached' });
  const exchange = async (question, how = vscode.follow) => {
    await how.call(vscode, question);
    await vscode.read(`You now ask: "${question}"`);
    await vscode.rest();
  };
  const walk = (name, file, steps) => vscode.walk(t, name, async () => {
    await desk.write(file, 'int main;\n');
    await vscode.edit(file);
    await steps();
  });

  await walk('a conversation gets another name', 'name.c', async () => {
    await exchange('Nameless', vscode.ask);
    await vscode.command('Aside: Rename Conversation…');
    await vscode.titled('Rename the conversation');
    assert.equal(await vscode.typed(), 'Nameless');
    await vscode.answer('The named one');
    await title('The named one');
    await vscode.command('Aside: Switch Conversation…');
    await vscode.led(() => vscode.choose('The named one'));
  });

  await walk('a conversation is deleted when that was confirmed, and opening brings it back', 'delete.c', async () => {
    await exchange('To be kept', vscode.ask);
    await vscode.command('Aside: New Conversation');
    await gone('To be kept');
    await exchange('To be deleted');
    const dialog = vscode.page.locator('.monaco-dialog-box', { hasText: 'Delete the conversation “To be deleted”?' });
    await vscode.command('Aside: Delete Conversation…');
    await vscode.led(() => dialog.getByRole('button', { name: 'Cancel' }).click());
    await dialog.waitFor({ state: 'detached' });
    await vscode.read('You now ask: "To be deleted"');
    await vscode.command('Aside: Delete Conversation…');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await vscode.read('You now ask: "To be kept"');
    await vscode.command('Aside: Switch Conversation…');
    await vscode.page.locator('.quick-input-list .monaco-list-row', { hasText: 'To be deleted' }).getByText('deleted', { exact: true }).waitFor();
    await vscode.choose('To be deleted');
    await vscode.read('You now ask: "To be deleted"');
    await exchange('Still here');
    assert.equal((await vscode.sent('Still here')).messages.length, 3);
  });

  await walk('where nothing was asked there is nothing to delete, and a sentence says so', 'nothing.c', async () => {
    await vscode.command('Aside: Delete Conversation…');
    await vscode.told('nothing has been asked about nothing.c yet');
  });

  await walk('the replies to one question are stepped through, and the one that is shown is sent', 'replies.c', async () => {
    await desk.next({ text: 'The first of them' });
    await vscode.ask('Say it twice');
    await vscode.rest();
    await desk.next({ text: 'The second of them' });
    await vscode.command('Aside: Retry');
    await vscode.read('The second of them');
    await vscode.rest();
    await vscode.edit('replies.c');
    await vscode.press('Alt+A', 'ArrowLeft');
    await vscode.read('The first of them');
    await vscode.turns('assistant').getByText('1/2').waitFor();
    await vscode.press('Alt+A', 'ArrowRight');
    await vscode.read('The second of them');
    await vscode.command('Aside: Previous Reply');
    await vscode.read('The first of them');
    await exchange('After the first');
    const { messages } = await vscode.sent('After the first');
    assert.match(JSON.stringify(messages[1]), /The first of them/);
    await vscode.command('Aside: Next Reply');
    await vscode.read('The second of them');
    await gone('After the first');
  });

  await walk('an earlier question is edited and asked again, with what was shared', 'edit.c', async () => {
    await exchange('The start', vscode.ask);
    await vscode.select(1, 1);
    await vscode.ask('What is wrnog', 'Aside: Ask About Selection…');
    await vscode.read('exchange 2');
    await vscode.rest();
    await exchange('Built on it');
    const box = vscode.view('textarea#question');
    const again = vscode.view('#again');
    const edit = vscode.turns('user').nth(1).getByRole('button', { name: 'Edit and Ask Again' });
    await edit.click();
    await vscode.until(async () => await box.inputValue() === 'What is wrnog', 'the question');
    await again.getByRole('button').click();
    await again.waitFor({ state: 'hidden' });
    assert.equal(await box.inputValue(), '');
    await edit.click();
    await vscode.until(async () => await box.inputValue() === 'What is wrnog', 'the question again');
    assert.deepEqual(await vscode.view('#composer .attachment .name').allInnerTexts(), ['edit.c:1']);
    await vscode.edit('name.c');
    await again.waitFor({ state: 'hidden' });
    await vscode.edit('edit.c');
    await again.waitFor();
    await exchange('What is wrong');
    await again.waitFor({ state: 'hidden' });
    await gone('Built on it');
    assert.equal((await vscode.sent('What is wrong')).messages.length, 3);
    await exchange('After the edit');
    assert.match(JSON.stringify((await vscode.sent('After the edit')).messages), /The start.*What is wrong.*After the edit/);
    await vscode.command('Aside: Edit Last Question and Ask Again');
    await vscode.until(async () => await box.inputValue() === 'After the edit', 'the last question');
    await vscode.command('Aside: New Conversation');
    await again.waitFor({ state: 'hidden' });
    await exchange('Nothing of that here');
    assert.equal((await vscode.sent('Nothing of that here')).messages.length, 1);
  });

  await walk('a fork begins with what was said up to its reply, and leaves the other as it was', 'fork.c', async () => {
    await exchange('The trunk', vscode.ask);
    await exchange('Not in the fork');
    await vscode.turns('assistant').first().getByRole('button', { name: 'Fork From Here…' }).click();
    await vscode.titled('Fork the conversation');
    await vscode.answer('The branch');
    await title('The branch');
    await gone('Not in the fork');
    await exchange('On the branch');
    assert.equal((await vscode.sent('On the branch')).messages.length, 3);
    await vscode.command('Aside: Fork Conversation…');
    await vscode.titled('Fork the conversation');
    await vscode.answer('The twig');
    await title('The twig');
    await vscode.read('You now ask: "On the branch"');
    await vscode.command('Aside: Switch Conversation…');
    await vscode.choose('The trunk');
    await vscode.read('You now ask: "Not in the fork"');
    await gone('On the branch');
  });

  await walk('a question that was asked in several ways is stepped through, each with what followed it', 'ways.c', async () => {
    await exchange('The first way', vscode.ask);
    await exchange('After the first way');
    await vscode.turns('user').first().getByRole('button', { name: 'Edit and Ask Again' }).click();
    await vscode.view('#again').waitFor();
    await exchange('The second way');
    await gone('After the first way');
    await exchange('After the second way');
    const question = vscode.turns('user').first();
    const button = (name) => question.getByRole('button', { name });
    await question.getByText('2/2').waitFor();
    assert.ok(await button('Next Wording').isDisabled());
    const place = async () => (await button('Previous Wording').boundingBox()).y;
    await button('Previous Wording').scrollIntoViewIfNeeded(); // a click would do that, too
    const before = await place();
    await button('Previous Wording').click();
    await vscode.read('You now ask: "After the first way"');
    await gone('The second way');
    await question.getByText('1/2').waitFor();
    await vscode.view('button:focus', { has: vscode.view('.codicon-chevron-right') }).waitFor();
    assert.ok(Math.abs(await place() - before) < 2, 'the button stays under the mouse');
    await vscode.press('Enter');
    await vscode.read('You now ask: "After the second way"');
    await vscode.command('Aside: Previous Reply');
    await vscode.read('You now ask: "After the first way"');
    await exchange('And on');
    assert.match(JSON.stringify((await vscode.sent('And on')).messages), /The first way.*After the first way.*And on/);
  });

  await walk('a conversation is exported to be read, or whole, to be imported again', 'export.c', async () => {
    const path = (name) => join(desk.folder, 'work', name);
    const save = async (name) => {
      await vscode.command('Aside: Export Conversation…');
      await vscode.titled('Export the conversation');
      await vscode.until(async () => await vscode.typed() === path('What a b.md'), 'a proposal');
      await vscode.answer(path(name));
      await vscode.told(`“What? a/b” is now in ${name}.`);
      return await readFile(path(name), 'utf8');
    };
    const load = async (name) => {
      await vscode.command('Aside: Import Conversation…');
      await vscode.titled('Import a conversation into import.c');
      await vscode.until(async () => await vscode.typed() === path('/'), 'the folder');
      await vscode.answer(path(name));
    };
    await desk.next({ text: 'An earlier reply' });
    await vscode.ask('What? a/b');
    await vscode.rest();
    await desk.next({ text: 'A later reply' });
    await vscode.command('Aside: Retry');
    await vscode.read('A later reply');
    await vscode.rest();
    assert.match(await save('read.md'), /^# What\? a\/b\n[^]*A later reply/);
    assert.equal(JSON.parse(await save('whole.json')).turns.length, 3);

    await desk.write('import.c', 'int main;\n');
    await vscode.edit('import.c');
    await load('read.md');
    await vscode.told('read.md is not a conversation that was exported as JSON');
    await load('whole.json');
    await vscode.read('A later reply');
    await vscode.turns('assistant').getByRole('button', { name: 'Previous Reply' }).click();
    await vscode.read('An earlier reply');
    await exchange('Goes on');
    assert.match(JSON.stringify((await vscode.sent('Goes on')).messages), /What.*An earlier reply.*Goes on/);
  });

  await walk('Open behind an export shows just that file, whatever it and the conversation are called', 'open.c', async () => {
    const name = "[x](command:workbench.action.closeSidebar) $(flame) %2e%2e `touch PWNED` '$(touch PWNED)'.md";
    await desk.next({ text: 'Exported reply' });
    await vscode.ask('[q](command:workbench.action.closeSidebar) ../../$(touch PWNED)');
    await vscode.rest();
    await vscode.command('Aside: Export Conversation…');
    await vscode.titled('Export the conversation');
    await vscode.until(async () => (await vscode.typed()).endsWith('.md'), 'a proposal');
    await vscode.answer(join(desk.folder, 'work', name));
    const before = await vscode.tabs();
    await (await vscode.told('PWNED')).getByRole('button', { name: 'Open', exact: true }).click();
    await vscode.editor('Exported reply').waitFor();
    assert.deepEqual((await vscode.tabs()).filter((tab) => !before.includes(tab)), [name]);
    assert.ok(await vscode.page.locator('.part.sidebar').isVisible());
    assert.deepEqual((await readdir(join(desk.folder, 'work'))).filter((file) => /PWNED/.test(file)), [name]);
  });

  await walk('the list has what is near first, and is searched by folder', 'list.c', async () => {
    const rows = vscode.page.locator('.quick-input-list .monaco-list-row');
    await mkdir(join(desk.folder, 'work/far'));
    await desk.write('far/away.c', 'int away;\n');
    await vscode.edit('away.c');
    await exchange('Far away', vscode.ask);
    await vscode.edit('list.c');
    await exchange('Right here', vscode.ask);
    await vscode.command('Aside: Switch Conversation…');
    await vscode.titled('Open a conversation of list.c or of another file');
    await rows.first().filter({ hasText: 'Right here' }).getByText('of this file').waitFor();
    assert.match(await rows.first().innerText(), /turns · .*\d:\d\d(?!:)/, 'no seconds');
    await rows.nth(1).getByText('of its folder').waitFor();
    await vscode.type('far/aw');
    await rows.first().filter({ hasText: 'far/away.c' }).waitFor();
    await vscode.choose('Far away');
    await vscode.read('You now ask: "Far away"');
  });

  await walk('conversations of vanished files that had the content of this one are offered, and none is guessed', 'other.c', async () => {
    const content = Array.from({ length: 20 }, (_, line) => `int offered_${line};\n`).join('');
    for (const name of ['gone-1.c', 'gone-2.c']) {
      await desk.write(name, content);
      await vscode.edit(name);
      await exchange(`About ${name}`, vscode.ask);
    }
    await desk.write('found.c', content);
    for (const name of ['gone-1.c', 'gone-2.c']) await rm(join(desk.folder, 'work', name));
    await vscode.edit('found.c');
    await vscode.view('.welcome .note', { hasText: '2 conversations may belong to this file' }).getByRole('button', { name: 'Choose…' }).click();
    await vscode.page.locator('.quick-input-list .monaco-list-row').first().filter({ hasText: 'About gone' }).getByText('may belong to this file').waitFor();
    await vscode.choose('About gone-1.c');
    await vscode.read('You now ask: "About gone-1.c"');
    await exchange('Found again');
    assert.equal((await vscode.sent('Found again')).messages.length, 3);
  });

  await walk('a file that takes over the conversation of a vanished one says so', 'more.c', async () => {
    const content = Array.from({ length: 40 }, (_, line) => `int taken_over_${line};\n`).join('');
    await mkdir(join(desk.folder, 'work/before'));
    await desk.write('before/kept.c', content);
    await vscode.edit('kept.c');
    await exchange('About before/kept.c', vscode.ask);
    await vscode.edit('kept.c');
    await vscode.command('View: Close Editor');
    await desk.write('kept.c', content); // with the same name and content, this looks like the old file, moved to here
    await rm(join(desk.folder, 'work/before/kept.c'));
    await vscode.command('View: Show Explorer');
    await vscode.page.locator('.explorer-viewlet .monaco-list-row[aria-level="1"]', { hasText: 'kept.c' }).dblclick();
    await vscode.page.locator('.tab.active', { hasText: 'kept.c' }).waitFor();
    await vscode.show();
    await vscode.read('You now ask: "About before/kept.c"');
    const message = await vscode.told('before/kept.c');
    await message.getByRole('button', { name: 'Switch Conversation…' }).click();
    await vscode.titled('Open a conversation of kept.c or of another file');
    await vscode.led(() => vscode.press('Escape'));
  });

  await walk('a search finds what was said on any branch of any file, and opens it there', 'search.c', async () => {
    await exchange('The xylophone', vscode.ask);
    await vscode.view('textarea#question').waitFor();
    await vscode.turns('user').first().getByRole('button', { name: 'Edit and Ask Again' }).click();
    await vscode.view('#again').waitFor();
    await exchange('The zither');
    await gone('The xylophone');
    await desk.write('elsewhere.c', 'int elsewhere;\n');
    await vscode.edit('elsewhere.c');
    const rows = vscode.page.locator('.quick-input-list .monaco-list-row');
    const button = (name) => vscode.page.locator('.quick-input-titlebar').getByRole('button', { name });
    await vscode.press('Alt+A', 'Shift+F');
    await vscode.titled('Search everything');
    await vscode.type('xylo');
    await rows.filter({ hasText: 'The xylophone' }).first().waitFor();
    await button('Search elsewhere.c').click();
    await rows.filter({ hasText: 'Nothing found' }).waitFor();
    await button('Search the folder of this file').click();
    await rows.filter({ hasText: 'The xylophone' }).first().waitFor();
    await vscode.picture('search');
    await vscode.choose('The xylophone');
    await vscode.page.locator('.tab.active', { hasText: 'search.c' }).waitFor();
    await vscode.read('You now ask: "The xylophone"');
    await gone('The zither');
    await vscode.view('article.turn:focus', { hasText: 'The xylophone' }).waitFor();
  });
});
