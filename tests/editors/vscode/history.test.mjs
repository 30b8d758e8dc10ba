// What becomes of conversations: they get names, are left and found again, and none of it loses a word.
import assert from 'node:assert/strict';
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
    await vscode.choose('The named one');
  });

  await walk('a conversation is deleted when that was confirmed, and opening brings it back', 'delete.c', async () => {
    await exchange('To be kept', vscode.ask);
    await vscode.command('Aside: New Conversation');
    await gone('To be kept');
    await exchange('To be deleted');
    const dialog = vscode.page.locator('.monaco-dialog-box', { hasText: 'Delete the conversation “To be deleted”?' });
    await vscode.command('Aside: Delete Conversation…');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
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
    assert.deepEqual(await vscode.view('#composer .attachment').allInnerTexts(), ['edit.c:1']);
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
