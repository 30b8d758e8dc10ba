// Tests of the first steps of a new user in the newest tested VS Code. The other tests run in the oldest one.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VSCode, newest } from './support/vscode.mjs';

test(`VS Code ${newest}`, async (t) => {
  const vscode = await VSCode.open(t, { version: newest, env: { ANTHROPIC_API_KEY: undefined } });
  const { desk } = vscode;
  await desk.write('main.c', 'int main() {\n  int first;\n  int second;\n}\n');
  await vscode.edit('main.c');

  await vscode.walk(t, 'from nothing to the first answer', async () => {
    await vscode.select(2, 3);
    await vscode.ask('Why these', 'Aside: Ask About Selection…');
    await vscode.rest('failed');
    await vscode.turns('assistant').getByRole('button', { name: 'Set API Key…' }).click();
    await vscode.answer('sk-ant-test');
    await vscode.page.locator('.statusbar-item', { hasText: 'the key is stored' }).waitFor();
    await vscode.read('main.c, lines 2-3, begins int first;');
    await vscode.rest();
  });

  await vscode.walk(t, 'a follow-up streams and is stopped', async () => {
    await desk.next({ deltas: 90, gate: 'never', gate_after: 33 });
    await vscode.follow('Count');
    await vscode.read('28 29');
    await vscode.view('button#stop').click();
    await vscode.rest('cancelled');
    await vscode.follow('Go on');
    await vscode.read('This is exchange 3: 5 messages');
    await vscode.rest();
    assert.equal((await vscode.sent('Go on')).messages.length, 5);
  });

  await vscode.walk(t, 'a window that is loaded again shows the conversation, and has the key', async () => {
    await vscode.reload();
    await vscode.edit('main.c');
    await vscode.show();
    await vscode.read('You now ask: "Go on"');
    await vscode.follow('Still known');
    await vscode.read('You now ask: "Still known"');
    await vscode.rest();
    await vscode.picture('newest');
  });
});
