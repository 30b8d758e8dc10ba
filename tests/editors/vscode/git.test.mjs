// The committed version of a file, which VS Code's extension for git shows as a separate document, beside the file or alone,
// has the conversation of the file. What an imported conversation names as its commit is never an option of git.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

test('what git has of a file, in VS Code', async (t) => {
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
  // Asks while the cursor is in the committed version. The question is added to the file's conversation, which then has
  // `several` questions.
  const asked = async (before, question, several) => {
    await before.click();
    await vscode.press('Home', 'Shift+ArrowDown');
    await vscode.view('#along', { hasText: 'Add main.c (earlier):1' }).waitFor();
    await vscode.ask(question, 'Aside: Ask About Selection…');
    await vscode.rest();
    assert.equal(await vscode.turns('user').count(), several);
    const sent = JSON.stringify((await vscode.sent(question)).messages);
    assert.match(sent, /Of the file/);
    assert.match(sent, /int before;/);
  };

  await vscode.walk(t, 'the older side of a comparison has the conversation of the file', async () => {
    await vscode.command('Git: Open Changes');
    await asked(page.locator('.editor.original .view-line', { hasText: 'int before;' }), 'Of its older side', 2);
  });

  await vscode.walk(t, 'so has what was committed, opened alone', async () => {
    await vscode.press('Control+W');
    await page.locator('.tab.active', { hasText: /^main.c$/ }).click();
    await vscode.command('Git: Open File (HEAD)');
    await page.locator('.tab.active', { hasText: 'main.c (HEAD)' }).waitFor();
    await asked(page.locator('.editor-group-container.active .view-line', { hasText: 'int before;' }), 'Of what was committed', 3);
  });
});

test('an option of git in the place of a commit, in a conversation that was imported', async (t) => {
  const bin = await mkdtemp(join(tmpdir(), 'aside-git-'));
  t.after(() => rm(bin, { recursive: true, force: true }));
  const heard = join(bin, 'heard');
  await writeFile(join(bin, 'git'), `#!/bin/sh\nprintf '%s\\n' "$*" >> '${heard}'\nexec git "$@"\n`, { mode: 0o755 });
  const vscode = await VSCode.open(t, { machine: { 'git.enabled': true, 'git.path': join(bin, 'git') } });
  const { desk } = vscode;
  const work = join(desk.folder, 'work');
  const git = (...words) => execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...words], { cwd: work, env: desk.env });
  git('init', '--quiet');
  await desk.write('main.c', 'int before;\n');
  git('add', '.');
  git('commit', '--quiet', '--message', 'One');
  await desk.write('main.c', 'int after;\n');
  const attachment = (query) => ({ uri: `git:${work}/main.c?${encodeURIComponent(query)}`, name: 'main.c', text: 'int x;\n' });
  const at = (ref) => JSON.stringify({ path: join(work, 'main.c'), ref });
  const created = '2026-11-22T14:02:11.482Z';
  await desk.write('hostile.json', JSON.stringify({
    aside: { kind: 'conversation', version: 1 }, title: 'Lures', updated: created, head: 't2', turns: [{
      turn: 't1', role: 'user', created, text: 'Look', content: JSON.stringify([{ type: 'text', text: 'Look' }]),
      attachments: [at('--output=PWNED'), at('-OPWNED'), at(['--output=PWNED']), 'no JSON', at('HEAD')].map(attachment),
    }, {
      turn: 't2', parent: 't1', role: 'assistant', created, text: 'Seen', content: JSON.stringify([{ type: 'text', text: 'Seen' }]), status: 'complete',
    }],
  }));
  await vscode.edit('main.c');
  await vscode.show();
  await vscode.command('Aside: Import Conversation…');
  await vscode.titled('Import a conversation into main.c');
  await vscode.until(async () => await vscode.typed() === join(work, '/'), 'the folder');
  await vscode.answer(join(work, 'hostile.json'));
  await vscode.read('Seen');

  await vscode.walk(t, 'what names an option is not opened, and what names a commit is', async () => {
    const shared = vscode.turns('user').first().locator('.attachment');
    assert.equal(await shared.count(), 5);
    for (const lure of (await shared.all()).slice(0, -1)) {
      await vscode.edit('main.c');
      await vscode.editor('int after;').waitFor();
      await lure.click();
      await shared.last().click();
      await vscode.editor('int before;').waitFor();
    }
    assert.ok(!/(^| )(--output|-O)/m.test(await readFile(heard, 'utf8')));
    assert.deepEqual((await readdir(work)).filter((name) => /PWNED/.test(name)), []);
  });
});
