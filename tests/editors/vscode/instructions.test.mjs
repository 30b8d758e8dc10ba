// Tests of what is sent to Claude besides the question: instructions, which the user must allow if they come from a
// folder, and the text of named prompts.
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from '../support/desk.mjs';
import { VSCode, closing } from './support/vscode.mjs';

test('instructions and named prompts in VS Code', async (t) => {
  const desk = await Desk.open(closing(t));
  await mkdir(join(desk.folder, 'config/aside/prompts'), { recursive: true });
  await writeFile(join(desk.folder, 'config/aside/prompts/rhyme.md'), '# In verse\n\nSay it in verse: {{input}}, please.\n');
  await desk.write('AGENTS.md', 'Mention the moon.\n');
  const vscode = await VSCode.open(t, { desk });
  const journey = (name, file, steps) => vscode.walk(t, name, async (t) => {
    await desk.write(file, 'int main;\n');
    await vscode.edit(file);
    await vscode.show();
    await steps(t);
  });
  const line = vscode.view('#instructions', { hasText: 'Let Claude follow work/AGENTS.md?' });
  const told = async (question) => JSON.stringify(await vscode.sent(question)).includes('Mention the moon');
  const instructions = async (what) => {
    await vscode.command('Aside: Instructions…');
    await vscode.titled('Instructions for');
    await vscode.choose(what);
  };

  await journey('a folder’s instructions wait for an answer, and are not sent before', 'waiting.c', async () => {
    await line.waitFor();
    await vscode.picture('offer');
    await vscode.follow('Before an answer');
    await vscode.rest();
    assert.equal(await told('Before an answer'), false);
    await line.getByRole('button', { name: 'Not Now' }).click();
    await line.waitFor({ state: 'hidden' });
  });

  await journey('a user without instructions is offered to write some', 'own.c', async () => {
    await instructions('Write instructions.md');
    await vscode.page.locator('.tab.active', { hasText: 'instructions.md' }).waitFor();
    await vscode.type('Mention the stars.');
    await vscode.press('Control+S');
    await vscode.page.locator('.tab.active:not(.dirty)', { hasText: 'instructions.md' }).waitFor();
    const file = join(desk.folder, 'config/aside/instructions.md');
    await vscode.until(async () => (await readFile(file, 'utf8').catch(() => '')).startsWith('Mention the stars.'), 'the file');
    await vscode.press('Control+W');
    await vscode.edit('own.c');
    await vscode.show();
    await vscode.follow('With my own');
    await vscode.rest();
    assert.ok(JSON.stringify(await vscode.sent('With my own')).includes('Mention the stars'));
    await rm(file);
  });

  await journey('instructions can be allowed later, shown, and withdrawn', 'later.c', async (t) => {
    assert.equal(await line.isVisible(), false);
    const goOn = await vscode.holdDaemon(t);
    await vscode.command('Aside: Instructions…');
    await vscode.titled('Instructions for'); // the list opens at once, even while the daemon is stopped
    goOn();
    await vscode.choose('Allow AGENTS.md');
    await vscode.until(async () => (await vscode.heard()).includes('"instructions/allow"'), 'the answer');
    await instructions('Show what is used now');
    await vscode.editor('Mention the moon').waitFor();
    await vscode.page.locator('.editor-group-container.active .monaco-editor.focused').waitFor();
    await vscode.press('Control+W');
    await vscode.page.locator('.tab.active', { hasText: 'later.c' }).waitFor();
    await vscode.follow('When it is allowed');
    await vscode.rest();
    assert.equal(await told('When it is allowed'), true);
    await instructions('Withdraw AGENTS.md');
    await desk.write('after.c', 'int after;\n');
    await vscode.edit('after.c');
    await vscode.view('#top', { hasText: 'after.c' }).waitFor();
    await vscode.follow('When it is withdrawn');
    await vscode.rest();
    assert.equal(await told('When it is withdrawn'), false);
    assert.equal(await line.isVisible(), false);
  });

  await journey('/ at the beginning lists the named prompts, and the text of the chosen one is sent in full', 'prompts.c', async () => {
    const option = vscode.view('#completions [role=option]');
    await vscode.type('/');
    for (const name of ['/explain', '/fix', '/review', '/tests', '/rhyme']) await option.filter({ hasText: name }).waitFor();
    await option.filter({ hasText: 'In verse' }).waitFor();
    await vscode.picture('prompts');
    await vscode.type('rh');
    await vscode.until(async () => await option.count() === 1, 'the one');
    await vscode.press('Tab');
    await vscode.type('what a loop is');
    await vscode.until(async () => await vscode.view('#question').inputValue() === '/rhyme what a loop is', 'the question');
    await vscode.press('Enter');
    await vscode.rest();
    await vscode.turns('user').getByText('Say it in verse: what a loop is, please.').waitFor();
    await vscode.type('a / in the middle lists nothing');
    assert.equal(await option.first().isVisible(), false);
  });
});
