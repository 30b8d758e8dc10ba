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
});
