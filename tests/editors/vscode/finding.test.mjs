// Tests of finding files for a question: by `@` and some letters, as suggestions above the box, and as folders and patterns.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

test('files are found, in VS Code', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk } = vscode;
  await mkdir(join(desk.folder, 'work/src'));
  await desk.write('main.c', '#include "src/heap.h"\n\nint one;\n\nint main() {\n  int first;\n  return 0;\n}\n');
  await desk.write('src/heap.h', 'int heap;\n');
  await desk.write('src/list_view.c', 'int view;\n');
  await desk.write('src/list_view.h', 'int view_header;\n');
  await desk.write('src/secret.h', 'int secret;\n');
  await desk.write('.asideignore', 'secret.h\n');
  const names = vscode.view('#composer .attachment .name');
  const attached = (...wanted) => vscode.until(async () => (await names.allInnerTexts()).join() === wanted.join(), `${wanted} in the box`);
  const option = vscode.view('#completions [role=option]');
  const leaveOutAll = async () => {
    while (await names.count() > 0) {
      const left = (await names.allInnerTexts()).slice(1);
      await vscode.view('#composer .attachment button').first().press('Enter');
      await attached(...left);
    }
  };
  await vscode.edit('main.c');
  await vscode.show();

  await vscode.walk(t, '@ and some letters find a file as the daemon does, and what .asideignore names is not there', async () => {
    await vscode.type('See @lvh');
    await vscode.until(async () => (await option.allInnerTexts()).join('|').replace(/\s+/g, ' ') === 'list_view.h src', 'list_view.h alone');
    await vscode.press('Tab');
    await attached('list_view.h');
    assert.equal(await vscode.view('#question').inputValue(), 'See @src/list_view.h ');
    assert.match(await vscode.heard(), /"method":"attachment\/find"/);
    await vscode.type('@secret');
    await vscode.until(async () => (await vscode.heard()).includes('"query":"secret"'), 'the request');
    await vscode.type(' and @heap');
    await option.filter({ hasText: 'heap.h' }).waitFor();
    assert.equal(await option.filter({ hasText: 'secret' }).count(), 0);
    await vscode.press('Escape');
    await vscode.view('#question').fill('');
    await leaveOutAll();
  });

  const suggested = vscode.view('#suggestions button');
  const suggestions = (...wanted) => vscode.until(async () => (await suggested.allInnerTexts()).map((text) => text.trim()).join() === wanted.join(), `${wanted} suggested`);
  const asked = async () => (await vscode.heard()).split('"attachment/suggest"').length - 1;

  await vscode.walk(t, 'the block at the cursor, what is included and what is selected are suggested, and a click attaches', async () => {
    await vscode.edit('main.c');
    await vscode.select(6, 5); // only the cursor
    await suggestions('main.c:5-8', 'heap.h');
    await vscode.picture('suggestions');
    assert.match(await suggested.last().getAttribute('title'), /^a file that this one includes or imports\nsrc\/heap\.h: \d+ tokens, (about \$|< \$)0\.\d+$/);
    await attached();
    await suggested.last().click();
    await attached('heap.h');
    await suggestions('main.c:5-8');
    await vscode.edit('main.c');
    await vscode.select(3, 3);
    await suggestions('main.c:3');
    await vscode.view('#suggestions button').press('Enter');
    await attached('heap.h', 'main.c:3');
    await leaveOutAll();
  });

  await vscode.walk(t, 'the daemon is not asked for each movement of the cursor, nor while a question is being written elsewhere', async () => {
    await vscode.edit('list_view.c');
    await suggestions('list_view.h');
    const before = await asked();
    await vscode.edit('main.c');
    for (const line of [1, 2, 3, 4, 5]) await vscode.page.keyboard.press(line % 2 ? 'ArrowDown' : 'ArrowUp', { delay: 0 });
    await vscode.select(7, 6);
    await suggestions('main.c:5-8', 'heap.h');
    assert.ok(await asked() <= before + 4, `${await asked() - before} requests`);
    await vscode.view('#question').fill('Half a thought');
    await vscode.edit('main.c');
    await vscode.until(() => vscode.view('body').evaluate(() => !document.hasFocus()), 'the focus in the editor');
    const written = await asked();
    await vscode.select(3, 2);
    await vscode.page.locator('.statusbar-item', { hasText: 'Ln 3, Col 1' }).waitFor();
    await vscode.select(7, 6);
    await vscode.show(); // the cursor is in the box now, so suggestions are wanted again
    await vscode.until(async () => await asked() > written, 'a request');
    assert.ok(await asked() <= written + 2, `${await asked() - written} requests`);
    await vscode.view('#question').fill('');
  });

  const row = vscode.page.locator('.quick-input-list .monaco-list-row');
  const rows = async (...wanted) => {
    await vscode.titled(`Attach ${wanted.length} files`);
    await vscode.until(async () => (await row.locator('.label-name').allInnerTexts()).join() === wanted.join(), `${wanted} in the list`);
  };

  await vscode.walk(t, 'a pattern after @ shows its files and their sum first, and attaches what is chosen', async () => {
    await vscode.show();
    await vscode.type('See @src/*.h');
    await option.filter({ hasText: 'shows its files' }).waitFor();
    await vscode.press('Enter');
    await rows('src/heap.h', 'src/list_view.h');
    await vscode.titled(/^Attach 2 files, \d+ tokens, (about \$|< \$)0\.\d+$/);
    await attached();
    await row.first().click();
    await vscode.titled(/^Attach 1 file, \d+ tokens/);
    await vscode.press('Enter');
    await attached('list_view.h');
    assert.equal(await vscode.view('#question').inputValue(), 'See @src/*.h ');
    await vscode.view('#question').fill('');
    await leaveOutAll();
  });

  await vscode.walk(t, 'a folder is attached by a command and by the explorer’s menu; what can’t be taken is said', async () => {
    await vscode.command('Aside: Attach Folder…');
    await vscode.titled('Attach a folder');
    await vscode.type('src');
    await vscode.press('Enter'); // the list opens in the same place, perhaps at once
    await rows('src/heap.h', 'src/list_view.c', 'src/list_view.h');
    await vscode.press('Enter');
    await attached('heap.h', 'list_view.c', 'list_view.h');
    await leaveOutAll();
    await vscode.press('Control+Shift+E');
    await vscode.page.locator('.explorer-viewlet .monaco-list-row', { hasText: /^src$/ }).click({ button: 'right' });
    await vscode.page.locator('.action-label', { hasText: 'Attach Folder…' }).hover();
    await vscode.press('Enter'); // a menu that has just been opened ignores clicks
    await rows('src/heap.h', 'src/list_view.c', 'src/list_view.h');
    await vscode.led(() => vscode.press('Escape'));
    await attached();
    await vscode.command('Aside: Attach Folder…');
    await vscode.titled('Attach a folder');
    await vscode.answer('*.nothing');
    await vscode.told('no file fits');
    await attached();
  });
});
