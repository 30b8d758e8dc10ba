// Tests of attachments: the user chooses them in many ways, sees them listed with their size, and is asked about some
// before they are sent. Later changes are sent, too. All tests use one window.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { VSCode, newest, oldest } from './support/vscode.mjs';

const source = ['int main() {', '  int first;', '  int second;', '  int third;', '}', ''].join('\n');
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

for (const version of [oldest, newest]) {
  test(`what goes with a question, in VS Code ${version}`, async (t) => {
    const vscode = await VSCode.open(t, { version });
    const { desk } = vscode;
    const work = join(desk.folder, 'work');
    const git = (...words) => promisify(execFile)('git', ['-C', work, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...words], { env: desk.env });
    const journey = (name, file, steps) => vscode.walk(t, name, async () => {
      await desk.write(file, source);
      await vscode.edit(file);
      await steps();
    });
    const names = vscode.view('#composer .attachment .name');
    const attached = (...wanted) => vscode.until(async () => (await names.allInnerTexts()).join() === wanted.join(), `${wanted} in the box`);
    const sentOf = async (question) => JSON.stringify((await vscode.sent(question)).messages.at(-1));

    await desk.write('other.c', 'int other;\n');
    await desk.write('notes.md', '# Notes\n');
    await writeFile(join(work, 'dot.png'), pixel);
    await writeFile(join(work, 'blob.bin'), Buffer.from([0, 1, 2, 0, 255, 254]));

    await journey('files are chosen from a list, and stand above the box with their size', 'files.c', async () => {
      await vscode.attach('other.c', 'dot.png');
      await attached('dot.png', 'other.c');
      await vscode.view('#composer .attachment', { hasText: /other\.c\s*\d+ tokens/ }).waitFor();
      assert.match(await vscode.view('#composer .attachment').last().getAttribute('title'), /^other\.c.*: 11 bytes, about \d+ tokens$/);
      await vscode.follow('Whose are they');
      await vscode.read('2 attachments');
      await vscode.rest();
      const sent = await sentOf('Whose are they');
      assert.ok(sent.includes('int other') && sent.includes('image/png') && !sent.includes('int main'));
      assert.deepEqual(await vscode.turns('user').last().locator('.attachment').allInnerTexts(), ['dot.png', 'other.c']);
      await attached();
    });

    await journey('when an attachment is removed by a key, the focus moves to the next one', 'keys.c', async () => {
      for (const line of [1, 2, 3]) {
        await vscode.select(line, line);
        await vscode.command('Aside: Add Selection to Question');
        await attached(...['keys.c:1', 'keys.c:2', 'keys.c:3'].slice(0, line));
      }
      await vscode.view('.attachment .meta').nth(2).waitFor();
      await vscode.view('button[aria-label="Leave out keys.c:2"]').focus();
      await vscode.press('Enter');
      await attached('keys.c:1', 'keys.c:3');
      const focused = () => vscode.view('body').evaluate(() => document.activeElement.getAttribute('aria-label'));
      await vscode.until(async () => await focused() === 'Leave out keys.c:3', 'the next one');
      await vscode.press('Enter');
      await attached('keys.c:1');
      await vscode.press('Enter');
      await attached();
      await vscode.until(async () => await focused() === 'Question', 'the box');
    });

    await journey('what can’t be sent is not taken, and VS Code says why', 'refused.c', async () => {
      await vscode.attach('blob.bin');
      await vscode.told('blob.bin: it is a binary file');
      await attached();
    });

    await journey('@ names a file in the question, and attaches it', 'named.c', async () => {
      await vscode.show();
      await vscode.type('Compare with @oth');
      const option = vscode.view('#completions [role=option]');
      await option.filter({ hasText: 'other.c' }).waitFor();
      assert.equal(await vscode.view('#question').getAttribute('aria-activedescendant'), await option.first().getAttribute('id'));
      await vscode.view('[aria-live]', { hasText: /1 suggestion/ }).waitFor({ state: 'attached' });
      await vscode.press('Enter');
      await attached('other.c');
      assert.equal(await vscode.view('#question').inputValue(), 'Compare with @other.c ');
      await vscode.type('and @not');
      await option.filter({ hasText: 'notes.md' }).waitFor();
      await vscode.press('Escape');
      await vscode.view('#completions').waitFor({ state: 'hidden' });
      await vscode.press('Enter');
      await vscode.read('other.c, lines 1-1, begins int other;');
      await vscode.rest();
      assert.ok((await sentOf('Compare with')).includes('Compare with @other.c and @not'));
    });

    await journey('files and tabs are dropped into the box, with Shift held', 'dropped.c', async () => {
      await vscode.show();
      await vscode.drop(vscode.page.locator('.tab.active'));
      await attached('dropped.c');
      await vscode.press('Control+Shift+E');
      await vscode.drop(vscode.page.locator('.explorer-viewlet .monaco-list-row', { hasText: 'other.c' }));
      await attached('dropped.c', 'other.c');
      for (const left of [['other.c'], []]) {
        await vscode.view('#composer .attachment button').first().press('Enter');
        await attached(...left);
      }
    });

    await journey('a file of the explorer is attached by its menu', 'explorer.c', async () => {
      await vscode.page.keyboard.press('Control+Shift+E');
      await vscode.page.locator('.explorer-viewlet .monaco-list-row', { hasText: 'other.c' }).click({ button: 'right' });
      await vscode.page.locator('.action-label', { hasText: 'Attach to Aside Question' }).hover();
      await vscode.press('Enter'); // a menu that has just been opened ignores clicks
      await attached('other.c');
      await vscode.view('#composer .attachment button').press('Enter');
      await attached();
    });

    await vscode.walk(t, 'VS Code’s problems are attached: those in the selection, or all', async () => {
      await desk.write('problems.json', '{\n  "one": nonsense,\n  "two": folly\n}\n');
      await vscode.edit('problems.json');
      await vscode.page.locator('.squiggly-error').nth(1).waitFor();
      await vscode.select(3, 3);
      await vscode.command('Aside: Attach Problems');
      await attached('problems.json:3 problems');
      await vscode.edit('problems.json'); // moves the cursor from the question box to the editor
      await vscode.press('ArrowLeft');
      await vscode.command('Aside: Attach Problems');
      await attached('problems.json:3 problems', 'problems.json problems');
      await vscode.follow('What is wrong');
      await vscode.rest();
      const sent = await sentOf('What is wrong');
      assert.match(sent, /2:10 error: /);
      assert.equal(sent.match(/3:10 error: /g).length, 2);
      assert.ok(!sent.includes('\\"one\\"'), 'nothing of the text itself');
      assert.deepEqual(await vscode.turns('user').last().locator('.attachment').allInnerTexts(), ['problems.json:3 problems', 'problems.json problems']);
    });

    await journey('the difference to the last commit goes along, with what is not saved', 'changed.c', async () => {
      await git('init', '--quiet');
      await git('add', 'changed.c');
      await git('commit', '--quiet', '--message', 'One');
      await vscode.select(2, 2);
      await vscode.type('  int renamed;');
      await vscode.press('Enter');
      await vscode.command('Aside: Attach Git Diff');
      await attached('changed.c changes');
      await vscode.follow('What have I done');
      await vscode.rest();
      const sent = await sentOf('What have I done');
      assert.ok(sent.includes('-  int first;') && sent.includes('+  int renamed;'));
      await vscode.command('File: Revert File');
    });

    await journey('what may be a secret is marked, and the user asked before it is sent', 'secret.c', async () => {
      await desk.write('.env', 'TOKEN=abc\n');
      await vscode.attach('.env');
      await attached('.env');
      await vscode.view('#composer .attachment.doubtful', { hasText: '.env' }).waitFor();
      await vscode.follow('What is in it');
      const dialog = vscode.page.locator('.monaco-dialog-box');
      await dialog.getByText(/may hold secrets/).waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await vscode.until(async () => await vscode.view('#question').inputValue() === 'What is in it', 'the question in the box');
      await attached('.env');
      assert.equal(await vscode.view('#failure').isVisible(), false);
      assert.ok(!(await desk.requests()).some((request) => JSON.stringify(request).includes('What is in it')));
      await vscode.view('#question').press('Enter');
      await dialog.getByRole('button', { name: 'Send Anyway' }).click();
      await vscode.read('1 attachment');
      await vscode.rest();
      assert.ok((await sentOf('What is in it')).includes('TOKEN=abc'));
      await attached();
    });

    await journey('what has changed can be left out, and what will be sent shows its price', 'stale.c', async () => {
      await desk.write('big.c', `${source}${'/* much more of it */\n'.repeat(2000)}`);
      await vscode.attach('big.c');
      await vscode.view('#next', { hasText: /^[\d.]+k tokens, about \$\d/ }).waitFor();
      await vscode.follow('First look');
      await vscode.rest();
      await vscode.view('#next', { hasText: /^[\d.]+k tokens, [\d.]+k of them cached, about \$\d/ }).waitFor();
      await vscode.edit('big.c');
      await vscode.select(2, 2);
      await vscode.type('  int changed_unsaid;');
      await vscode.press('Enter');
      await vscode.page.locator('.tab', { hasText: 'stale.c' }).click();
      await vscode.view('#top', { hasText: 'stale.c' }).waitFor();
      const coming = vscode.view('#composer .attachment', { hasText: 'big.c has changed' });
      await coming.getByRole('button').click();
      await coming.waitFor({ state: 'detached' });
      await vscode.follow('Second look at it');
      await vscode.rest();
      assert.ok(!(await sentOf('Second look at it')).includes('changed_unsaid'));
      await coming.waitFor();
      await vscode.edit('big.c');
      await vscode.command('File: Revert File');
    });

    await journey('what has changed in the editor since it was shared goes with the next question', 'current.c', async () => {
      await desk.write('beside.c', `${source}${'/* much more of it */\n'.repeat(20)}`);
      await vscode.attach('beside.c');
      await vscode.follow('First look');
      await vscode.rest();
      await vscode.edit('beside.c');
      await vscode.select(2, 2);
      await vscode.type('  int changed_since;');
      await vscode.press('Enter');
      await vscode.page.locator('.tab', { hasText: 'current.c' }).click();
      await vscode.view('#top', { hasText: 'current.c' }).waitFor();
      const coming = vscode.view('#composer .attachment', { hasText: 'beside.c has changed' });
      await coming.waitFor();
      await vscode.follow('Second look');
      await vscode.rest();
      const change = vscode.turns('user').last().locator('.changes details');
      await change.getByText('beside.c has changed since').click();
      await change.locator('pre', { hasText: '+  int changed_since;' }).waitFor();
      assert.ok((await sentOf('Second look')).includes('int changed_since'));
      await vscode.command('Aside: Edit Last Question and Ask Again');
      await vscode.until(async () => await vscode.view('#question').inputValue() === 'Second look', 'the question');
      await attached('beside.c has changed'); // with the edited question, too, since the first one has the earlier text
      await vscode.view('button[aria-label="Cancel the Edit"]').click();
      await vscode.edit('beside.c');
      await vscode.command('File: Revert File');
    });
  });
}
