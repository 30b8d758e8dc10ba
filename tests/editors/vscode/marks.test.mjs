// Tests of the marks beside lines that were asked about, and of the way from lines to the question and back.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VSCode, newest, oldest } from './support/vscode.mjs';

// Opens a window, and returns it with what the tests do in it.
async function open(t, options) {
  const vscode = await VSCode.open(t, options);
  const { desk, page } = vscode;
  const journey = (name, file, steps) => vscode.walk(t, name, async () => {
    await desk.write(file, Array.from({ length: 30 }, (_, line) => `int line${line + 1};\n`).join(''));
    await vscode.edit(file);
    await steps();
  });
  const ask = async (first, last, question, title = 'Aside: Ask About Selection…') => {
    await vscode.select(first, last);
    await desk.next({ text: `About ${question}.`, thinking: '' });
    await vscode.ask(question, title);
    await vscode.read(`About ${question}.`);
  };
  // Returns the numbers of the lines beside which a sign stands.
  const signs = () => page.evaluate(() => {
    const editor = document.querySelector('.editor-group-container.active .monaco-editor');
    const top = (element) => Math.round(element.getBoundingClientRect().top);
    const numbers = new Map([...editor.querySelectorAll('.line-numbers')].map((number) => [top(number), number.textContent]));
    return [...editor.querySelectorAll('.glyph-margin-widgets .cgmr, .margin-view-overlays .cgmr')].map((sign) => Number(numbers.get(top(sign)))).sort((one, other) => one - other).join();
  });
  const marked = (...lines) => vscode.until(async () => await signs() === lines.join(), `signs at ${lines}`);
  return { vscode, page, journey, ask, signs, marked };
}

const card = (vscode, text) => vscode.view('.turn:focus', { hasText: text }).waitFor();

for (const version of [oldest, newest]) {
  test(`where something was asked, in VS Code ${version}`, async (t) => {
    const { vscode, page, journey, ask, marked } = await open(t, { version });
    const at = (line) => page.locator('.statusbar-item', { hasText: new RegExp(`^Ln ${line}, Col`) }).waitFor();

    await journey('a sign stands beside the lines, after edits where they are now, or not at all', 'signs.c', async () => {
      await ask(5, 8, 'first');
      await vscode.rest();
      await marked(5);
      await ask(12, 13, 'second');
      await vscode.rest();
      await marked(5, 12);
      await vscode.picture('marks');
      await vscode.edit('signs.c');
      await vscode.select(1, 0);
      await vscode.type('int new_line;\nint other_line;\n');
      await marked(7, 14);
      await vscode.select(7, 10);
      await vscode.press('Delete');
      await marked(10);
    });

    await journey('commands lead from the lines to the question, and from the question to its lines', 'way.c', async () => {
      await ask(5, 8, 'one');
      await vscode.rest();
      await ask(8, 9, 'two');
      await vscode.rest();
      await marked(5, 8);
      await vscode.edit('way.c');
      await vscode.select(1, 0);
      await vscode.type('int new_line;\n');
      await marked(6, 9);
      await vscode.select(7, 6);
      await vscode.press('Alt+A', 'j');
      await card(vscode, 'one');
      await vscode.edit('way.c');
      await vscode.select(9, 8);
      await vscode.press('Alt+A', 'j');
      await vscode.titled('the newest first');
      assert.deepEqual(await page.locator('.quick-input-list .monaco-list-row .label-name').allInnerTexts(), ['two', 'one']);
      await vscode.press('Enter');
      await card(vscode, 'two');
      await vscode.view('article .attachment', { hasText: 'way.c:5-8' }).click();
      await at(10); // the selection ends at the start of the line after the last one
      await vscode.edit('way.c');
      await vscode.select(20, 19);
      await vscode.press('Alt+A', 'j');
      await vscode.told('Nothing was asked about this line');
    });
  });
}

test('a setting turns the signs off, and the command still leads to the question', async (t) => {
  const { vscode, journey, ask, signs } = await open(t, { machine: { 'aside.marks': false } });
  await journey('without signs', 'off.c', async () => {
    await ask(5, 8, 'first');
    await vscode.rest();
    await vscode.edit('off.c');
    await vscode.select(7, 6);
    await vscode.command('Aside: Go to What Was Asked Here');
    await card(vscode, 'first');
    assert.equal(await signs(), '');
  });
});
