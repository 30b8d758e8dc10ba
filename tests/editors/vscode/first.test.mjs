// Tests of the first minutes with Aside: what VS Code shows after the package is installed and a key is set.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';

import { Desk } from '../support/desk.mjs';
import { VSCode, closing } from './support/vscode.mjs';

test('VS Code, just installed', async (t) => {
  const vscode = await VSCode.open(t);
  await vscode.desk.write('main.c', 'int main;\n');

  const done = vscode.page.locator('.getting-started-step .codicon-getting-started-step-checked');

  await vscode.walk(t, 'a command that can do nothing is no step of the walkthrough', async () => {
    await vscode.command('Welcome: Open Walkthrough...');
    await vscode.choose('Start with Aside');
    await vscode.page.locator('.getting-started-step').first().waitFor(); // its page takes the keyboard when it opens
    await vscode.command('Aside: Ask About Selection…');
    await vscode.told('Open a file first. No file is open.');
    assert.equal(await done.count(), 0);
  });

  await vscode.walk(t, 'the first answer takes three actions', async () => {
    const actions = [
      () => vscode.edit('main.c'),
      () => vscode.command('Aside: Ask…'),
      () => vscode.answer('What is this'),
    ];
    for (const act of actions) await act();
    await vscode.read('You now ask: "What is this"');
    await vscode.rest();
  });

  await vscode.walk(t, 'the walkthrough shows three steps', async () => {
    await vscode.command('Welcome: Open Walkthrough...');
    await vscode.choose('Start with Aside');
    const steps = vscode.page.locator('.getting-started-step');
    await steps.filter({ hasText: 'Follow up' }).waitFor();
    assert.equal(await steps.count(), 3);
    await vscode.until(async () => await done.count() === 2, 'the key and the question, which are there by now');
    await vscode.picture('walkthrough');
  });
});

test('VS Code in a folder that is not trusted', async (t) => {
  const desk = await Desk.open(closing(t));
  await mkdir(`${desk.folder}/work/.vscode`);
  await desk.write('.vscode/settings.json', JSON.stringify({ 'aside.model': 'claude-haiku-5-5' }));
  await desk.write('main.c', 'int main;\n');
  const vscode = await VSCode.open(t, { desk, trust: true });

  await vscode.walk(t, 'the user can ask, and no setting of the folder is used', async () => {
    await vscode.page.getByRole('button', { name: 'No, I don\'t trust the authors' }).click();
    await vscode.edit('main.c');
    await vscode.ask('In a strange place');
    await vscode.rest();
    assert.equal((await vscode.sent('In a strange place')).model, 'claude-opus-5-5');
  });
});
