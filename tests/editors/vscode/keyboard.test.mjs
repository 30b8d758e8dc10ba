// Tests that Aside can be used without a mouse.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

test('VS Code by keyboard alone', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk } = vscode;
  const focused = () => vscode.view('body').evaluate(() => {
    const element = document.activeElement;
    return element.id || element.getAttribute('aria-label') || element.localName + (element.className && `.${element.className}`);
  });
  await desk.write('main.c', 'int first;\nint second;\n');
  await vscode.edit('main.c');

  await vscode.walk(t, 'one key asks about the selection, another one moves the focus to the box', async () => {
    await desk.next({ thinking: 'Hm.', text: 'Take\n\n```c\nint answer = 42;\n```\n\nand [read on](main.c).' });
    await vscode.press('Shift+ArrowDown', 'Alt+A', 's');
    await vscode.answer('What is it');
    await vscode.rest();
    await vscode.press('Alt+A', 'v');
    await vscode.until(async () => await focused() === 'question', 'the box');
    await vscode.type('And the rest');
    await vscode.press('Enter');
    await vscode.read('This is exchange 2');
    await vscode.rest();
    assert.equal(await focused(), 'question');
  });

  await vscode.walk(t, 'the second stroke of a key is not typed into the box as well', async () => {
    await vscode.press('Alt+A', 'd');
    await vscode.view('#composer .attachment .name', { hasText: 'main.c' }).waitFor();
    await vscode.press('Alt+A', 'Shift+N');
    await vscode.titled('Rename');
    await vscode.led(() => vscode.press('Escape'));
    await vscode.type('ad');
    assert.equal(await vscode.view('textarea#question').inputValue(), 'ad');
    await vscode.press('Backspace', 'Backspace');
    await vscode.view('#composer .attachment button').press('Enter');
    await vscode.until(async () => await vscode.view('#composer .attachment').count() === 0, 'nothing attached');
  });

  await vscode.walk(t, 'Tab comes to everything that a mouse can press, and says what it is', async () => {
    const pressable = await vscode.view('body').evaluate((body) => {
      const all = [...body.querySelectorAll('a[href], button, summary, textarea, [role=button]')];
      const visible = all.filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled);
      visible.forEach((element, index) => element.setAttribute('data-stop', index));
      return visible.map((element) => element.textContent.trim() || element.getAttribute('aria-label') || element.id);
    });
    assert.ok(pressable.length > 8, pressable.join(', '));
    for (const name of pressable) assert.ok(name);
    const reached = new Set();
    for (const key of ['Tab', 'Shift+Tab']) {
      await vscode.press('Alt+A', 'v');
      await vscode.until(async () => await focused() === 'question', 'the box');
      for (let stops = 0; stops < pressable.length + 10; ++stops) {
        const stop = await vscode.view('body').evaluate(() => document.hasFocus() && document.activeElement.getAttribute('data-stop'));
        if (stop) reached.add(Number(stop));
        await vscode.press(key);
      }
    }
    assert.deepEqual(pressable.filter((_, index) => !reached.has(index)), []);
  });

  await vscode.walk(t, 'code of a reply is inserted at the cursor by keys', async () => {
    await vscode.view('button[aria-label="Insert at Cursor"]').first().focus();
    await vscode.press('Enter');
    await vscode.editor('int answer = 42;').waitFor();
  });

  await vscode.walk(t, 'a reply is stopped by a key, from the editor', async () => {
    await desk.next({ deltas: 90, gate: 'never', gate_after: 33 });
    await vscode.press('Alt+A', 'a');
    await vscode.answer('Count');
    await vscode.read('28 29');
    await vscode.press('Alt+A', 'x');
    await vscode.rest('cancelled');
  });

  await vscode.walk(t, 'a command moves the focus at once, and its later work leaves the focus where the user has put it', async (t) => {
    const box = vscode.page.locator('.quick-input-widget .quick-input-box input');
    // Runs a command that moves the cursor to the question box. Meanwhile the user opens another box, or moves the
    // cursor to an editor. Checks that the command, while it is still working, doesn't close that box and doesn't move
    // the cursor away from the editor.
    const undisturbed = async (command, work) => {
      await vscode.led(command);
      await vscode.press('Control+P');
      await box.fill('main.c');
      await work();
      await vscode.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: 'main.c' }).waitFor();
      await vscode.press('Enter');
      await vscode.page.locator('.editor-group-container.active .monaco-editor.focused').waitFor();
    };
    await undisturbed(() => vscode.press('Alt+A', 'v'), () => {});

    await vscode.press('Alt+A', 'Shift+N');
    await vscode.titled('Rename');
    let goOn = await vscode.holdDaemon(t);
    await undisturbed(() => vscode.answer('The answer'), async () => {
      goOn();
      await vscode.view('#title', { hasText: 'The answer' }).waitFor();
    });

    await vscode.press('Alt+A', 'Shift+C');
    await vscode.titled('Sum up');
    await desk.next({ text: 'All in all.', gate: 'sum' });
    await undisturbed(() => vscode.answer(''), async () => {
      await desk.release('sum');
      await vscode.rest();
    });

    // After a refused question the cursor is in the box again, but not if the user has gone to the editor meanwhile.
    goOn = await vscode.holdDaemon(t);
    await vscode.press('Alt+A', 'a');
    await undisturbed(() => vscode.answer('Too early'), goOn);
    await vscode.turns('user').filter({ hasText: 'Too early' }).waitFor();
    await vscode.rest();
  });

  await vscode.walk(t, 'a screen reader is told the state of the reply, and not each of its words', async () => {
    const news = vscode.view('[aria-live=polite]');
    await desk.next({ deltas: 40, gate: 'told', gate_after: 23 });
    await vscode.follow('Count again');
    await news.filter({ hasText: /writing|thinking/i }).waitFor({ state: 'attached' });
    await desk.release('told');
    await news.filter({ hasText: 'The reply is complete.' }).waitFor({ state: 'attached' });
    assert.equal(await vscode.view('[aria-live] article, article[aria-live]').count(), 0);
  });
});
