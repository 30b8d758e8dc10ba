// Tests of the first minutes of a new user: typed text never destroys code, the view shows what is sent with a
// question, and the user can always continue.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

const source = ['int main() {', '  int first;', '  int second;', '  int third;', '}', ''].join('\n');

test('the first minutes in VS Code', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk, page } = vscode;
  const work = join(desk.folder, 'work');
  const walk = (name, file, steps) => vscode.walk(t, name, async () => {
    await desk.write(file, source);
    await vscode.edit(file);
    await steps();
  });
  const box = vscode.view('textarea#question');
  const along = vscode.view('#along');
  const names = vscode.view('#composer .attachment .name');
  const attached = (...wanted) => vscode.until(async () => (await names.allInnerTexts()).join() === wanted.join(), `${wanted} in the box`);
  const listed = page.locator('.quick-input-widget:visible');

  await walk('a sentence that is typed after any of Aside’s lists lands in the question and not in the code', 'typed.c', async () => {
    await vscode.ask('To have something');
    await vscode.rest();
    const escape = async () => {
      await listed.waitFor();
      await vscode.press('Escape');
    };
    const routes = {
      'Aside: Switch Conversation…': () => vscode.choose('To have something'),
      'Aside: Choose Model…': escape,
      'Aside: Rename Conversation…': () => vscode.answer('Another name'),
      'Aside: Fork Conversation…': escape,
      'Aside: Set API Key…': escape,
      'Aside: Attach File…': escape,
      'Aside: Compact Conversation…': escape,
      'Aside: Usage…': escape,
      'Aside: Export Usage as CSV…': escape,
      'Aside: Instructions…': escape,
      'Aside: Undo Last Exchange': () => vscode.view('.welcome').waitFor(),
      'Aside: Redo': () => vscode.read('To have something'),
      'Aside: Add Selection to Question': () => attached('typed.c:2-3'),
      'Aside: New Conversation': () => vscode.view('.welcome').waitFor(),
    };
    let typed = '';
    for (const [command, end] of Object.entries(routes)) {
      await vscode.edit('typed.c');
      await vscode.select(2, 3);
      await vscode.command(command);
      await end();
      await vscode.view('#composer:focus-within').waitFor();
      await vscode.type('why ');
      typed += 'why ';
      await vscode.until(async () => await box.inputValue() === typed, `${typed} in the box, after ${command}`);
      assert.equal(await vscode.editor('int first').count(), 1, command);
    }
    await vscode.view('#composer .attachment button').press('Enter');
    await box.fill('');
    await vscode.edit('typed.c');
    await vscode.select(2, 3);
    await vscode.ask('And this', 'Aside: Ask About Selection…');
    await vscode.view('#composer:focus-within').waitFor();
    await vscode.rest();
    await vscode.turns('user').last().locator('.attachment').click();
    await vscode.type('more');
    await vscode.editor('int first').waitFor();
    assert.ok(await page.locator('.tab.active:not(.dirty)', { hasText: 'typed.c' }).isVisible(), 'the file is unchanged');
    await box.fill('');
  });

  await walk('the clock above the view leads to the box as well', 'clock.c', async () => {
    await vscode.ask('Tick');
    await vscode.rest();
    await vscode.edit('clock.c');
    await vscode.select(2, 3);
    await page.locator('.part.sidebar .action-label[aria-label^="Switch Conversation"]').first().click();
    await vscode.choose('Tick');
    await vscode.view('#composer:focus-within').waitFor();
    await vscode.type('tock');
    await vscode.until(async () => await box.inputValue() === 'tock', 'the sentence in the box');
    await box.fill('');
  });

  await walk('the arrow back, which stays under the mouse, and the icon that opens the view lead to the box, too', 'back.c', async () => {
    for (const question of ['First', 'Second']) {
      await vscode.ask(question);
      await vscode.rest();
    }
    await vscode.edit('back.c');
    await vscode.select(2, 3);
    const { x, y, width, height } = await page.locator('.part.sidebar .action-label[aria-label^="Undo"]').first().boundingBox();
    await page.mouse.click(x + width / 2, y + height / 2);
    await vscode.view('article.turn', { hasText: 'Second' }).first().waitFor({ state: 'detached' });
    await vscode.view('#composer:focus-within').waitFor();
    await vscode.type('why');
    await vscode.until(async () => await box.inputValue() === 'why', 'the sentence in the box');
    await page.mouse.click(x + width / 2, y + height / 2);
    await vscode.view('.welcome').waitFor();
    await box.fill('');
    await vscode.edit('back.c');
    await vscode.select(2, 3);
    const icon = page.locator('.activitybar .action-item', { has: page.locator('[aria-label^=Aside]') });
    await vscode.press('Control+B');
    await page.locator('.part.sidebar').waitFor({ state: 'hidden' });
    await icon.click();
    await vscode.view('#composer:focus-within').waitFor();
    await vscode.type('why');
    await vscode.until(async () => await box.inputValue() === 'why', 'the sentence in the box');
    await box.fill('');
    assert.equal(await vscode.editor('int first').count(), 1);
  });

  await walk('the view says that no code is attached, and a click or a key adds the file', 'along.c', async () => {
    await vscode.show();
    await along.filter({ hasText: /^No code is attached\s*Add along\.c$/ }).waitFor();
    await along.getByRole('button', { name: 'Add along.c' }).click();
    await attached('along.c');
    await along.filter({ hasText: /^Sent with the question/ }).waitFor();
    await vscode.view('#composer .attachment button').press('Enter');
    await vscode.edit('along.c');
    await vscode.select(2, 3);
    await along.getByRole('button', { name: 'Add along.c:2-3' }).waitFor();
    await vscode.press('Alt+A', 'd');
    await attached('along.c:2-3');
    await vscode.view('#composer:focus-within').waitFor();
    await vscode.follow('What are they');
    await vscode.read('along.c, lines 2-3, begins int first;');
    await vscode.rest();
    await along.filter({ hasText: /^Claude has along\.c:2-3$/ }).waitFor();
    await vscode.edit('along.c');
    await vscode.select(2, 4);
    await along.filter({ hasText: /^Claude has along\.c:2-3\s*Add along\.c:2-4$/ }).waitFor();
    await vscode.ask('What is all of it', 'Aside: Ask About File…');
    await vscode.read('exchange 2');
    await vscode.rest();
    await along.filter({ hasText: /^Claude has along\.c$/ }).waitFor();
    await vscode.select(1, 0);
    await along.filter({ hasText: /^Claude has along\.c$/ }).waitFor();
    await vscode.command('Aside: Ask…');
    await page.locator('.quick-input-message', { hasText: 'Claude has along.c.' }).waitFor();
    assert.equal(await listed.getByLabel('Add along.c').count(), 0);
    await vscode.press('Escape');
  });

  await walk('the box for a question says what the code costs, and the view behind it says the same', 'costs.c', async () => {
    await desk.write('costs.c', 'int line; // and some more words of it\n'.repeat(9000));
    await page.locator('.statusbar-item', { hasText: /^Ln 1, Col 1/ }).waitFor();
    await vscode.show();
    await along.filter({ hasText: /^No code is attached/ }).waitFor();
    await vscode.command('Aside: Ask About File…');
    await page.locator('.quick-input-message', { hasText: /Attached: costs\.c\. In all \d+k tokens, about \$0\.\d+, \$0\.\d+ of it for the cache\./ }).waitFor();
    await along.filter({ hasText: /^Sent with the question$/ }).waitFor();
    await vscode.view('#next', { hasText: /^\d+k tokens, about \$0\.\d+, \$0\.\d+ of it for the cache$/ }).waitFor();
    await attached('costs.c');
    await vscode.picture('ask-costs');
    await vscode.press('Escape');
    await attached();
    await along.filter({ hasText: /^No code is attached/ }).waitFor();
  });

  await walk('code that was sent with a question that failed isn’t said to be there', 'failed.c', async () => {
    await vscode.select(2, 3);
    await desk.next({ status: 400 });
    await vscode.ask('What are they', 'Aside: Ask About Selection…');
    await vscode.rest('failed');
    await along.filter({ hasText: /^No code is attached\s*Add failed\.c:2-3$/ }).waitFor();
    await vscode.turns('assistant').getByRole('button', { name: 'Retry' }).click();
    await vscode.rest();
    await along.filter({ hasText: /^Claude has failed\.c:2-3$/ }).waitFor();
  });

  await walk('a named prompt about code brings along what is selected, and it can be left out', 'explain.c', async () => {
    await vscode.select(2, 3);
    await vscode.show();
    await vscode.type('/explain');
    await attached('explain.c:2-3');
    await vscode.press('Escape');
    await vscode.view('#composer .attachment button').press('Enter');
    await attached();
    await box.focus();
    await vscode.type(' it');
    await box.press('Enter');
    await vscode.rest();
    assert.equal(await vscode.turns('user').locator('.attachment').count(), 0, 'what was left out stays out');
    await vscode.type('/explain');
    await attached('explain.c:2-3');
    await box.press('Escape');
    await box.press('Enter');
    await vscode.read('explain.c, lines 2-3, begins int first;');
    await vscode.rest();
    await vscode.edit('explain.c');
    await vscode.select(4, 4);
    await vscode.command('Aside: Ask…');
    await vscode.titled('Ask about explain.c');
    await vscode.type('/review');
    await listed.getByText('Attached: explain.c:4').waitFor();
    await vscode.press('Enter');
    await vscode.read('explain.c, lines 4-4, begins int third;');
    await vscode.rest();
  });

  await walk('Enter while a reply is written says why nothing is sent', 'enter.c', async () => {
    await desk.next({ deltas: 40, gate: 'enter', gate_after: 23 });
    await vscode.ask('Count');
    await vscode.read('18 19');
    await box.fill('And then');
    await box.press('Enter');
    await vscode.view('#why', { hasText: 'A reply is being written' }).waitFor();
    assert.equal(await box.inputValue(), 'And then');
    await desk.release('enter');
    await vscode.rest();
    await vscode.view('#why').waitFor({ state: 'hidden' });
    await box.press('Enter');
    await vscode.read('You now ask: "And then"');
    await vscode.rest();
    await box.press('Alt+ArrowUp');
    await vscode.view('article.turn:last-of-type:focus').waitFor();
    await vscode.press('Alt+ArrowDown');
    await vscode.view('#question:focus').waitFor();
    assert.equal(await box.inputValue(), '');
  });

  await walk('the menu of the editor says whose commands they are', 'menu.c', async () => {
    await page.locator('.view-line', { hasText: 'int first' }).click({ button: 'right' });
    const entry = page.locator('.monaco-menu .action-item', { hasText: /^Aside/ });
    await entry.waitFor();
    assert.equal(await page.locator('.monaco-menu .action-label', { hasText: /^(Ask|Attach)/ }).count(), 0);
    await vscode.press('Escape');
  });

  await walk('the button that Enter presses doesn’t send a secret', 'secret.c', async () => {
    await desk.write('.env', 'TOKEN=abc\n');
    await vscode.attach('.env');
    await vscode.follow('What is in it');
    await page.locator('.monaco-dialog-box').getByText(/may hold secrets/).waitFor();
    await vscode.press('Enter');
    await page.locator('.monaco-dialog-box').waitFor({ state: 'detached' });
    await vscode.until(async () => await box.inputValue() === 'What is in it', 'the question in the box');
    await vscode.view('#composer:focus-within').waitFor();
    assert.ok(!(await desk.requests()).some((request) => JSON.stringify(request).includes('TOKEN=abc')));
    await vscode.show();
    await vscode.view('#composer .attachment button').press('Enter');
    await box.fill('');
  });

  await walk('a conversation of another file opens that file, and linking it is a choice of its own', 'one.c', async () => {
    await vscode.ask('Of the first file');
    await vscode.rest();
    await desk.write('two.c', source);
    await vscode.edit('two.c');
    await vscode.command('Aside: Switch Conversation…');
    await vscode.choose('Of the first file');
    await page.locator('.tab.active', { hasText: 'one.c' }).waitFor();
    await vscode.view('#top', { hasText: 'one.c' }).waitFor();
    await vscode.read('You now ask: "Of the first file"');
    await vscode.edit('two.c');
    await vscode.view('#top', { hasText: 'two.c' }).waitFor();
    await vscode.view('.welcome').waitFor();
    await vscode.command('Aside: Switch Conversation…');
    const row = page.locator('.quick-input-list .monaco-list-row', { hasText: 'Of the first file' }).first();
    await row.hover();
    await row.getByRole('button', { name: 'Let two.c Show This Conversation' }).click();
    await vscode.read('You now ask: "Of the first file"');
    await vscode.view('#top', { hasText: 'two.c' }).waitFor();
  });

  await walk('main.c:3 in a reply leads to the line, if the workspace has that file', 'place.c', async () => {
    await mkdir(join(work, 'deep'), { recursive: true });
    await desk.write('deep/below.c', source);
    await desk.next({ text: 'See `place.c:3`, below.c:4, place.c:2:5 and `nonesuch.c:1`, ../../etc/passwd:1, /etc/hosts.conf:1 and std::string.\n' });
    await vscode.ask('Where');
    await vscode.rest();
    const links = vscode.turns('assistant').last().locator('.text a');
    await vscode.until(async () => (await links.allInnerTexts()).join() === 'place.c:3,below.c:4,place.c:2:5', 'links to what there is');
    await links.nth(1).click();
    await page.locator('.tab.active', { hasText: 'below.c' }).waitFor();
    await page.locator('.statusbar-item', { hasText: 'Ln 4, Col 1' }).waitFor();
    await vscode.edit('place.c');
    await links.first().click();
    await page.locator('.statusbar-item', { hasText: 'Ln 3, Col 1' }).waitFor();
  });

  await walk('an error says first what to do, then what happened, and nothing twice', 'error.c', async () => {
    await desk.next({ status: 401 });
    await vscode.ask('Am I known');
    await vscode.rest('failed');
    const text = await vscode.turns('assistant').last().locator('.note').innerText();
    assert.match(text, /key[^]*HTTP 401/i);
    assert.equal(text.match(/HTTP 401/g).length, 1);
    const leftOut = 'left out of later questions';
    assert.equal(await vscode.turns('user').getByText(leftOut).count(), 0, 'it will be asked automatically');
    await desk.next({ status: 401, body: JSON.stringify({ type: 'error', error: { type: 'authentication_error', message: 'set a key here, and the question is asked' } }) });
    await vscode.follow('Am I known now');
    await vscode.until(async () => await vscode.turns('assistant', 'failed').count() === 2, 'another failure');
    assert.equal((await vscode.turns('assistant').last().locator('.note').innerText()).match(/the question is asked/g).length, 1);
    const [first, second] = [vscode.turns('user').first(), vscode.turns('user').last()];
    await first.getByText(leftOut).waitFor(); // only the last question of a conversation is asked automatically
    assert.equal(await second.getByText(leftOut).count(), 0);
    assert.ok(await first.locator('header .meta').evaluate((time) => time.scrollWidth <= time.clientWidth), 'the time is whole');
    const whole = (badge) => badge.scrollWidth <= badge.clientWidth && badge.getBoundingClientRect().right <= innerWidth;
    assert.ok(await first.locator('header .badge').evaluate(whole), 'what is left out is whole');
  });

  await walk('each failure has the buttons that help with it', 'bill.c', async () => {
    const refuse = (status, type, message) => desk.next({ status, body: JSON.stringify({ type: 'error', error: { type, message } }) });
    const last = vscode.turns('assistant').last();
    const buttons = () => last.locator('.note button').allInnerTexts();
    await refuse(400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.');
    await vscode.ask('Who pays');
    await vscode.rest('failed');
    await last.locator('.note', { hasText: /^Check the account's billing and credit\. [^]*credit balance is too low/ }).waitFor();
    assert.deepEqual(await buttons(), ['Retry']);
    await vscode.turns('user').last().getByText('left out of later questions').waitFor();
    await refuse(404, 'not_found_error', 'model: claude-nope');
    await vscode.follow('Who answers');
    await vscode.until(async () => await vscode.turns('assistant', 'failed').count() === 2, 'another failure');
    assert.deepEqual(await buttons(), ['Choose Model…', 'Retry']);
    await last.getByRole('button', { name: 'Choose Model…' }).click();
    await vscode.titled('Model of this conversation');
    await vscode.led(() => vscode.press('Escape'));
    await refuse(400, 'invalid_request_error', 'prompt is too long: 1000001 tokens > 1000000 maximum');
    await vscode.follow('How much');
    await vscode.until(async () => await vscode.turns('assistant', 'failed').count() === 3, 'another failure');
    assert.deepEqual(await buttons(), ['Compact…', 'New Conversation', 'Retry']);
    await desk.next({ text: 'I', stop_reason: 'refusal' });
    await vscode.follow('May I');
    await vscode.rest('refused');
    assert.deepEqual(await buttons(), ['Choose Model…', 'Retry']);
    await desk.next({ status: 429, headers: { 'retry-after': '9999' }, body: JSON.stringify({ type: 'error', error: { type: 'rate_limit_error', message: 'Too much in a minute.' } }) });
    await vscode.follow('How fast');
    await last.locator('.note', { hasText: /Too much in a minute \(HTTP 429\)\.\s*Retry/ }).waitFor();
    assert.deepEqual(await buttons(), ['Retry', 'Choose Model…']);
  });

  await walk('a conversation of a document that was never saved goes on in the file, also if saving formats it', 'settings.c', async () => {
    await vscode.press('Control+N');
    await page.locator('.tab.active', { hasText: 'Untitled' }).waitFor();
    await vscode.type('{"a":1}');
    await vscode.command('Change Language Mode');
    await vscode.type('JSON');
    await vscode.choose('JSON');
    await vscode.ask('About nothing saved');
    await vscode.read('exchange 1');
    await vscode.rest();
    await mkdir(join(work, '.vscode'), { recursive: true });
    await desk.write('.vscode/settings.json', '{"files.insertFinalNewline": true, "editor.formatOnSave": true}');
    await page.locator('.tab', { hasText: 'Untitled' }).click();
    await vscode.press('Control+S');
    await vscode.titled('Save');
    await vscode.until(async () => (await vscode.typed()).endsWith('.json'), 'the name that VS Code proposes, which would replace another');
    await vscode.answer(join(work, 'saved.json'));
    await page.locator('.tab.active', { hasText: 'saved.json' }).waitFor();
    await vscode.until(async () => /\n$/.test(await readFile(join(work, 'saved.json'), 'utf8')), 'a saved file');
    await vscode.view('#top', { hasText: 'saved.json' }).waitFor();
    await vscode.read('You now ask: "About nothing saved"');
    await vscode.follow('And now');
    await vscode.read('exchange 2');
    await vscode.rest();
  });

  await vscode.walk(t, 'a notebook has one conversation, its cells are called cells, and the file is all of them', async () => {
    const cell = (text) => ({ cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source: [text] });
    await desk.write('nb.ipynb', JSON.stringify({ cells: [cell('first = 1'), cell('second = 2')], metadata: { language_info: { name: 'python' } }, nbformat: 4, nbformat_minor: 5 }));
    await vscode.command('View: Show Explorer');
    await page.locator('.explorer-viewlet .monaco-list-row', { hasText: 'nb.ipynb' }).dblclick();
    const lines = page.locator('.notebook-editor .view-line');
    await lines.filter({ hasText: 'second = 2' }).click();
    await vscode.press('Control+A');
    await vscode.show();
    await vscode.view('#top', { hasText: 'nb.ipynb' }).waitFor();
    await along.getByRole('button', { name: 'Add nb.ipynb cell 2:1' }).click();
    await attached('nb.ipynb cell 2:1');
    await vscode.follow('What is in this one');
    await vscode.rest();
    const one = JSON.stringify((await vscode.sent('What is in this one')).messages.at(-1));
    assert.ok(one.includes('second = 2') && one.includes('cell 2') && !one.includes('first = 1'));
    await lines.filter({ hasText: 'first = 1' }).click();
    await vscode.ask('And all of it', 'Aside: Ask About File…');
    await vscode.read('exchange 2');
    await vscode.rest();
    const all = JSON.stringify((await vscode.sent('And all of it')).messages.at(-1));
    assert.ok(all.includes('first = 1') && all.includes('second = 2'));
    await vscode.command('View: Close Editor');
  });

  await vscode.walk(t, 'without a file the user can ask, too, and finds the conversation again', async () => {
    await vscode.command('View: Close All Editors');
    await vscode.show();
    await vscode.view('#top', { hasText: 'No file' }).waitFor();
    await vscode.view('.welcome', { hasText: 'attaches files' }).waitFor();
    assert.equal(await vscode.view('.welcome').getByText('Select code').count(), 0, 'there is nothing to select');
    await vscode.follow('In general');
    await vscode.read('You now ask: "In general"');
    await vscode.rest();
    await vscode.edit('one.c');
    await vscode.view('#top', { hasText: 'one.c' }).waitFor();
    await vscode.command('View: Close All Editors');
    await vscode.read('You now ask: "In general"');
  });
});
