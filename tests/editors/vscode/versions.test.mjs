// Tests the extension with a daemon that is older or newer than the extension: the features that both have work, a
// command that the daemon lacks says what to install, and the check of the set-up says which of the two to update.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Desk } from '../support/desk.mjs';
import { VSCode, closing } from './support/vscode.mjs';

async function open(t, kind) {
  const desk = await Desk.open(closing(t));
  const vscode = await VSCode.open(t, { desk, machine: { 'aside.command': await desk.otherDaemon(kind) } });
  await desk.write('main.c', 'int one;\nint two;\n');
  await vscode.edit('main.c');
  return { desk, vscode };
}

test('with a daemon like that of 0.1.0, the features of this daemon work, and each other command says what to install', async (t) => {
  const { desk, vscode } = await open(t, 'older');
  await vscode.walk(t, 'questions, attachments, undo and redo', async () => {
    await desk.next({ text: 'It is short.\n\n```main.c\nint zero;\n```\n\n@heap.c\n', thinking: '' });
    await vscode.select(1, 1);
    await vscode.ask('Why', 'Aside: Ask About Selection…');
    await vscode.rest();
    await desk.write('heap.c', 'int heap;\n');
    await vscode.attach('heap.c');
    await vscode.follow('And the heap');
    await vscode.read('You now ask: "And the heap"');
    await vscode.rest();
    const { messages } = await vscode.sent('And the heap');
    assert.match(JSON.stringify(messages[0]), /int one;/);
    assert.match(JSON.stringify(messages[2]), /int heap;/);
    await vscode.command('Aside: Undo Last Exchange');
    await vscode.until(async () => await vscode.turns('user').count() === 1, 'one exchange');
    await vscode.command('Aside: Redo');
    await vscode.read('You now ask: "And the heap"');
  });

  const later = ['Add What the Reply Asks to See', 'Go to What Was Asked Here', 'Rewrite Selection…', 'Ask by the Way…', 'Apply Changes of the Last Reply'];
  for (const command of later) {
    await vscode.walk(t, `Aside: ${command}`, async () => {
      await vscode.edit('main.c');
      await vscode.command(`Aside: ${command}`);
      await vscode.told('Install a newer asided, or clear the setting aside.command.');
      await vscode.command('Notifications: Clear All Notifications');
      await vscode.until(async () => await vscode.page.locator('.notification-toast').count() === 0, 'no message');
    });
  }

  await vscode.walk(t, 'the check of the set-up says what the daemon lacks', async () => {
    await vscode.command('Aside: Check Set-up');
    await vscode.panel('The running daemon is older than this extension and lacks credential, side, rewrite').waitFor();
    await vscode.panel('update asided').waitFor();
  });
});

test('with a newer daemon, the check of the set-up says that the extension can be updated', async (t) => {
  const { vscode } = await open(t, 'newer');
  await vscode.walk(t, 'a question and the check', async () => {
    await vscode.ask('Why');
    await vscode.read('You now ask: "Why"');
    await vscode.rest();
    await vscode.command('Aside: Check Set-up');
    await vscode.panel('The running daemon is newer than this extension').waitFor();
    await vscode.panel('whistle').waitFor();
  });
});
