// Tests of the files that a reply asks to see. They are shown below the reply, each with its size or with the reason
// why it can't be shared. No file is attached or sent without a click or a key.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from '../support/desk.mjs';
import { VSCode, closing } from './support/vscode.mjs';

test('what a reply asks to see, in VS Code', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk, page } = vscode;
  await mkdir(join(desk.folder, 'work/src'));
  await desk.write('heap.c', 'int heap;\n');
  await desk.write('src/list.c', 'int a;\nint b;\nint c;\n');
  await desk.write('.env', 'A=1\n');
  await desk.write('../outside.c', 'int outside;\n'); // outside of the workspace
  const markup = '<img src=x onerror=window.owned=1>.c';
  await desk.write(markup, 'int owned;\n');
  const names = vscode.view('#composer .attachment .name');
  const attached = (...wanted) => vscode.until(async () => (await names.allInnerTexts()).join() === wanted.join(), `${wanted} in the box`);
  const asked = vscode.view('.asked:not([hidden])');
  const file = (name) => asked.locator('li > *', { hasText: name });
  const blocks = (request) => request.messages.at(-1).content.map(({ text }) => text);
  const journey = (name, about, reply, steps) => vscode.walk(t, name, async () => {
    await desk.write(about, 'int main;\n');
    await vscode.edit(about);
    await vscode.show();
    await desk.next({ text: `I have to see more.\n\n${reply}\n`, thinking: '' });
    await vscode.follow('Why is this slow?');
    await vscode.rest();
    await steps((await desk.requests()).length);
  });

  await journey('a click on one file adds it to the next question, which carries exactly it', 'one.c', '@heap.c\n@src/list.c:2-3', async (before) => {
    await file('src/list.c:2-3').filter({ hasText: /\d+ tokens, < \$0\.0001/ }).waitFor();
    await asked.locator('.bar', { hasText: /\$0\.000/ }).waitFor();
    await attached();
    await file('src/list.c:2-3').click();
    await attached('list.c:2-3');
    await file('src/list.c:2-3').locator('.codicon-check').waitFor();
    await file('heap.c').filter({ hasText: /\d+ tokens, < \$0\.0001/ }).waitFor();
    assert.equal((await desk.requests()).length, before);
    await vscode.follow('And now?');
    await vscode.read('You now ask: "And now?"');
    await vscode.rest();
    assert.deepEqual(blocks(await vscode.sent('And now?')), ['<attachment name="src/list.c" lines="2-3">\nint b;\nint c;\n</attachment>', 'And now?']);
    assert.equal(await asked.count(), 0);
  });

  await journey('keys reach the files and add all; a file has a button that is said to be added', 'keys.c', '@heap.c\n@src/list.c', async () => {
    await file('heap.c').filter({ hasText: /tokens/ }).waitFor();
    await asked.getByRole('button', { name: 'Add All' }).focus();
    await vscode.press('Tab', 'Tab', 'Enter');
    await attached('heap.c');
    await asked.getByRole('button', { name: /heap\.c .*added/ }).waitFor();
    await vscode.until(() => file('heap.c').evaluate((button) => button === document.activeElement), 'the focus on the button');
    await asked.getByRole('button', { name: 'Add All' }).press('Enter');
    await attached('heap.c', 'list.c');
    await vscode.command('Aside: Add What the Reply Asks to See');
    await attached('heap.c', 'list.c');
    for (const left of [['list.c'], []]) {
      await vscode.view('#composer .attachment button').first().press('Enter');
      await attached(...left);
    }
    await vscode.edit('keys.c');
    await vscode.press('Alt+a', 'z');
    await attached('heap.c', 'list.c');
  });

  await journey('one button asks with the files at once, and what was being written stays in the box', 'now.c', '@heap.c\n@gone.c', async (before) => {
    await file('gone.c').filter({ hasText: 'there is no such file' }).waitFor();
    assert.equal(await asked.getByRole('button', { name: /gone/ }).count(), 0);
    assert.equal(await asked.getByRole('button', { name: 'Add All' }).count(), 0);
    await vscode.view('#question').fill('Half a thought');
    await asked.getByRole('button', { name: 'Send Now' }).click();
    await vscode.read('Here is what you asked to see.');
    await vscode.rest();
    const sent = blocks(await vscode.sent('Here is what you asked to see.'));
    assert.deepEqual(sent.map((text) => text.split('\n')[0]), ['<attachment name="heap.c" lines="1-1">',
      'Here is what you asked to see. Go on with your answer, and take it into account.']);
    assert.equal((await desk.requests()).length, before + 1);
    assert.equal(await vscode.view('#question').inputValue(), 'Half a thought');
    await vscode.view('#question').fill('');
  });

  await journey('what lies outside is named in full, and nothing is sent without a yes', 'hostile.c', '@.env\n@../outside.c', async (before) => {
    await file('.env').and(vscode.view('.doubtful')).waitFor();
    const names = await asked.locator('.name').allInnerTexts();
    assert.ok(names.includes('.env') && names.some((name) => name.endsWith('/outside.c')), names.join());
    assert.equal(await asked.locator('b, a').count(), 0);
    await asked.getByRole('button', { name: 'Send Now' }).click();
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.getByText(/may hold secrets/).waitFor();
    await dialog.getByText(/outside of the folders/).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await attached('.env', 'outside.c');
    assert.equal((await desk.requests()).length, before);
    for (const left of [['outside.c'], []]) {
      await vscode.view('#composer .attachment button').first().press('Enter');
      await attached(...left);
    }
  });

  await journey('a name with markup is only text, in the list and in the box', 'markup.c', `\`@${markup}\`\n\`@<b>gone<i>.c\``, async () => {
    await file(markup).filter({ hasText: /\d+ tokens/ }).click();
    await attached(markup);
    await file('<b>gone<i>.c: ').or(file('<b>gone<i>.c')).first().waitFor();
    assert.equal(await asked.locator('b, i:not(.codicon), img').count(), 0);
    assert.equal(await vscode.view('img[src=x], #composer b').count(), 0);
    assert.equal(await vscode.view('body').evaluate(() => window.owned), undefined);
    await vscode.view('#composer .attachment button').first().press('Enter');
    await attached();
  });

  await journey('a reply that asks for nothing says so', 'nothing.c', '@dataclass is the name of a decorator.', async () => {
    await vscode.command('Aside: Add What the Reply Asks to See');
    await vscode.told('The last reply doesn’t ask to see a file');
    assert.equal(await asked.count(), 0);
  });

  await journey('it fits into a view of 250 pixels', 'narrow.c', '@src/list.c:2-3\n@heap.c\n@src/a_file_with_a_name_that_is_rather_long.c\n@.env', async () => {
    await file('a_file_with').filter({ hasText: 'there is no such file' }).waitFor();
    const { width } = await page.locator('.part.sidebar').boundingBox();
    await vscode.widen(250 - width);
    await vscode.until(async () => (await page.locator('.part.sidebar').boundingBox()).width === 250, 'the narrow view');
    await vscode.picture('wanted-narrow');
    assert.ok(await file('src/list.c:2-3').locator('.name').evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth), 'the lines can be read');
    const beyond = await asked.evaluate((element) => [...element.querySelectorAll('*')].filter((part) => part.getBoundingClientRect().right > document.documentElement.clientWidth && !part.matches('.unseen')).map(({ className }) => className));
    assert.deepEqual(beyond, []);
    assert.ok(await asked.getByRole('button', { name: 'Send Now' }).isVisible());
  });
});

test('with a daemon that is older than the extension nothing of this is offered, and all else works', async (t) => {
  const desk = await Desk.open(closing(t));
  const vscode = await VSCode.open(t, { desk, machine: { 'aside.command': await desk.older() } });
  await desk.write('old.c', 'int main;\nint second;\n');
  await desk.write('heap.c', 'int heap;\n');
  await vscode.walk(t, 'an older daemon', async () => {
    await vscode.edit('old.c');
    await vscode.select(1, 2);
    await desk.next({ text: 'I have to see more.\n\n@heap.c\n', thinking: '' });
    await vscode.ask('Why?', 'Aside: Ask About Selection…');
    await vscode.rest();
    await vscode.command('Aside: Add What the Reply Asks to See');
    await vscode.told(/too old for that/);
    await vscode.edit('old.c');
    await vscode.command('Aside: Go to What Was Asked Here');
    await vscode.told(/too old for that/);
    await vscode.view('#question').fill('See @he');
    await vscode.follow('And now?');
    await vscode.read('You now ask: "And now?"');
    await vscode.rest();
    assert.equal(await vscode.view('.asked:not([hidden]), #suggestions:not([hidden]), #next:not([hidden]), #completions:not([hidden]) li').count(), 0);
    assert.deepEqual(await desk.refused(), []);
  });
});
