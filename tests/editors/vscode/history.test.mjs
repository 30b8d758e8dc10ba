// What becomes of conversations: they get names, are left and found again, and none of it loses a word.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

test('a history in VS Code', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk } = vscode;
  const title = (text) => vscode.view('h1 span', { hasText: text }).waitFor();
  const gone = (text) => vscode.view('article.turn', { hasText: text }).waitFor({ state: 'detached' });
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
});
