// Tests of actions at the moment when the view changes to another file or conversation: a question is sent to the
// conversation for which it was written, and a draft stays with that conversation. To extend the moment, the tests stop
// the process for which the change waits.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

test('between two conversations in VS Code', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk } = vscode;
  const asked = async (question) => (await vscode.sent(question)).messages.filter(({ role }) => role === 'user')
    .map(({ content }) => /(First|Second|Third|Where) \w+/.exec(JSON.stringify(content))?.[0]);
  const box = vscode.view('textarea#question');
  for (const name of ['one.c', 'two.c']) await desk.write(name, `int ${name[0]};\n`);
  await vscode.edit('one.c');
  await vscode.show();
  await vscode.follow('First here');
  await vscode.rest();

  await vscode.walk(t, 'a question that is sent while another conversation is being opened stays in the one that is shown', async (t) => {
    await vscode.command('Aside: New Conversation');
    await vscode.view('.welcome').waitFor();
    await vscode.follow('Second here');
    await vscode.rest();
    await vscode.command('Aside: Switch Conversation…');
    await vscode.page.locator('.quick-input-list .monaco-list-row', { hasText: 'First here' }).waitFor();
    const goOn = await vscode.holdDaemon(t);
    await vscode.choose('First here');
    await vscode.view('#composer:focus-within').waitFor();
    await vscode.type('Where to');
    await vscode.press('Enter');
    goOn();
    assert.deepEqual(await asked('Where to'), ['Second here', 'Where to']);
    await vscode.read('Where to');
    await vscode.rest();
    assert.equal(await vscode.turns('user').count(), 2);
    assert.match(await vscode.view('#title').textContent(), /Second here/);
  });

  await vscode.walk(t, 'a question that is sent while another file comes to the front is about the file that is shown', async (t) => {
    await vscode.edit('two.c');
    await vscode.view('#top', { hasText: 'two.c' }).waitFor();
    await vscode.follow('Third here');
    await vscode.rest();
    const goOn = await vscode.holdExtensions(t);
    await vscode.page.locator('.tab', { hasText: 'one.c' }).click();
    await vscode.page.locator('.tab.active', { hasText: 'one.c' }).waitFor();
    await vscode.follow('Where now');
    goOn();
    assert.deepEqual(await asked('Where now'), ['Third here', 'Where now']);
    await vscode.view('#top', { hasText: 'one.c' }).waitFor();
    assert.equal(await box.inputValue(), '');
  });

  await vscode.walk(t, 'what the user writes meanwhile stays with its file', async (t) => {
    await vscode.edit('two.c');
    await vscode.view('#top', { hasText: 'two.c' }).waitFor();
    await vscode.read('Where now');
    const goOn = await vscode.holdExtensions(t);
    await vscode.page.locator('.tab', { hasText: 'one.c' }).click();
    await vscode.page.locator('.tab.active', { hasText: 'one.c' }).waitFor();
    await box.fill('Half a thought');
    goOn();
    await vscode.view('#top', { hasText: 'one.c' }).waitFor();
    assert.equal(await box.inputValue(), '');
    await vscode.edit('two.c');
    await vscode.view('#top', { hasText: 'two.c' }).waitFor();
    assert.equal(await box.inputValue(), 'Half a thought');
  });
});
