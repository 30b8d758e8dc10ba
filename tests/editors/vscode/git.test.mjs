// Tests that the committed version of a file shows the conversation of the file. VS Code's Git extension shows this
// version as a separate document, beside the file or alone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

test('committed versions of files in VS Code', async (t) => {
  const vscode = await VSCode.open(t, { machine: { 'git.enabled': true } });
  const { desk, page } = vscode;
  const git = (...words) => execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...words], { cwd: join(desk.folder, 'work'), env: desk.env });
  git('init', '--quiet');
  await desk.write('main.c', 'int before;\nint same;\n');
  git('add', '.');
  git('commit', '--quiet', '--message', 'One');
  await desk.write('main.c', 'int after;\nint same;\n');
  await vscode.edit('main.c');
  await vscode.ask('Of the file');
  await vscode.rest();
  // Asks about the first `selected` lines of the committed version; these must be more lines than Claude has already.
  // Checks that the question is added to the file's conversation, which then has `several` questions.
  const asked = async (before, selected, question, several) => {
    await before.click();
    await vscode.press('Home', ...Array(selected).fill('Shift+ArrowDown'));
    await vscode.view('#along', { hasText: `Add main.c (earlier):1${selected > 1 ? `-${selected}` : ''}` }).waitFor();
    await vscode.ask(question, 'Aside: Ask About Selection…');
    await vscode.rest();
    assert.equal(await vscode.turns('user').count(), several);
    const sent = JSON.stringify((await vscode.sent(question)).messages);
    assert.match(sent, /Of the file/);
    assert.match(sent, /int before;/);
  };

  await vscode.walk(t, 'the older side of a comparison has the conversation of the file', async () => {
    await vscode.command('Git: Open Changes');
    await asked(page.locator('.editor.original .view-line', { hasText: 'int before;' }), 1, 'Of its older side', 2);
  });

  await vscode.walk(t, 'a committed version that is opened alone has it, too', async () => {
    await vscode.press('Control+W');
    await page.locator('.tab.active', { hasText: /^main.c$/ }).click();
    await vscode.command('Git: Open File (HEAD)');
    await page.locator('.tab.active', { hasText: 'main.c (HEAD)' }).waitFor();
    await asked(page.locator('.editor-group-container.active .view-line', { hasText: 'int before;' }), 2, 'Of what was committed', 3);
  });
});
