// Tests of what a question costs, before and after it was sent, and of how full a conversation is and what the user can
// do about this.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from '../support/desk.mjs';
import { VSCode, closing, newest } from './support/vscode.mjs';

test('costs in VS Code', async (t) => {
  const desk = await Desk.open(closing(t));
  await mkdir(join(desk.folder, 'config/aside'), { recursive: true });
  await writeFile(join(desk.folder, 'config/aside/config.json'), JSON.stringify({
    models: { 'claude-haiku-5-5': { contextWindow: 300 } }, // one or two exchanges fill this window
  }));
  const vscode = await VSCode.open(t, { desk, version: newest });
  const journey = (name, file, steps) => vscode.walk(t, name, async () => {
    await desk.write(file, 'int main;\nint second;\n');
    await vscode.edit(file);
    await steps();
  });

  await journey('a question can be looked at before it is sent', 'preview.c', async () => {
    await vscode.show();
    const eye = vscode.view('button[aria-label="Preview What Would Be Sent"]');
    assert.ok(await eye.isDisabled());
    await vscode.select(2, 2);
    await vscode.command('Aside: Add Selection to Question');
    await vscode.view('#question').fill('What would it cost');
    await eye.click();
    const text = (words) => vscode.page.locator('.view-lines', { hasText: words }).filter({ hasText: 'What would be sent' });
    await text('What would it cost').filter({ hasText: '`preview.c:2`' }).waitFor();
    await text('Cache: an hour, because it makes no difference').waitFor();
    assert.ok((await vscode.tabs()).includes('preview.c – preview'));
    const fits = await text('What would it cost').locator('.view-line').evaluateAll((lines) => lines.map((line) =>
      line.firstElementChild.getBoundingClientRect().right <= line.closest('.editor-instance').getBoundingClientRect().right));
    assert.ok(fits.length > 9 && fits.every(Boolean), 'all of it can be read');
    assert.equal((await desk.requests()).length, 0);
    await vscode.picture('preview');
    await vscode.view('#question').fill('And what would this cost');
    await vscode.command('Aside: Preview Question');
    await text('And what would this cost').waitFor();
    await vscode.view('#question').press('Enter');
    await vscode.rest();
  });

  await journey('the view and the status bar tell how much the conversation fills, what of it was cached, and its price', 'meter.c', async () => {
    await vscode.ask('One');
    await vscode.rest();
    await vscode.follow('Two');
    await vscode.read('This is exchange 2');
    await vscode.rest();
    const meter = vscode.view('#top .meta', { hasText: /^\$\d[\d.]* · [\d.]+k? of 1M tokens( · \d+ % cached)?$/ });
    await meter.waitFor();
    const [, price, fills] = /^(\S+) · (\S+) of /.exec(await meter.innerText());
    await vscode.page.locator('.statusbar-item[id="aside.aside.aside.status"]', { hasText: new RegExp(`^\\s*\\${price} · ${fills} tokens`) }).waitFor();
  });

  await journey('an edited question has its own price, and one without changes too', 'edited.c', async () => {
    await desk.write('edited.c', 'int line; // and some more words of it\n'.repeat(900));
    await vscode.edit('edited.c');
    const next = vscode.view('#next', { hasText: /^[\d.]+k? tokens/ });
    const size = async () => {
      const [, number, thousands] = /^([\d.]+)(k?) tokens/.exec(await next.innerText()) ?? [];
      return Number(number) * (thousands ? 1000 : 1);
    };
    await vscode.ask('One', 'Aside: Ask About File…');
    await vscode.rest();
    await vscode.follow('Two');
    await vscode.rest();
    await vscode.until(async () => await size() > 5000, 'the price of the next question');
    await vscode.turns('user').first().getByRole('button', { name: 'Edit and Ask Again' }).click();
    await vscode.view('#again:not([hidden])').waitFor();
    await vscode.view('#composer .attachment button').first().press('Enter');
    await vscode.until(async () => await size() < 1000, 'the price of a question without anything before it');
    await vscode.view('#again').getByRole('button', { name: 'Cancel the Edit' }).click();
    await vscode.until(async () => await size() > 5000, 'the price of the next question again');
    await desk.write('edited.c', 'int other; // and some more words of it\n'.repeat(900));
    const changed = vscode.view('#composer .attachment', { hasText: 'has changed' });
    await changed.waitFor();
    await vscode.until(async () => await size() > 15000, 'the price with the change');
    await changed.locator('button').press('Enter');
    await vscode.until(async () => await size() < 15000, 'the price without it');
  });

  await journey('what was spent is shown as a table, and saved as CSV', 'usage.c', async () => {
    await vscode.ask('For the table');
    await vscode.rest();
    await vscode.command('Aside: Usage…');
    await vscode.choose('By file');
    await vscode.editor(/File\s+Replies/).waitFor();
    await vscode.editor('usage.c').waitFor();
    await vscode.picture('usage');
    await vscode.command('Aside: Export Usage as CSV…');
    await vscode.choose('By model');
    await vscode.titled('Export usage');
    const file = join(desk.folder, 'work/usage.csv');
    await vscode.until(async () => await vscode.typed() === join(desk.folder, 'work/aside-usage.csv'), 'a proposal');
    await vscode.answer(file);
    await vscode.told('the usage report is now in usage.csv');
    assert.match(await readFile(file, 'utf8'), /^model,replies,[^]*\nclaude-opus-5-5,\d/);
  });

  await journey('models are listed with their prices, and with the source of these facts', 'models.c', async () => {
    await vscode.command('Aside: Choose Model…');
    await vscode.page.locator('.quick-input-widget input[placeholder*="Listed on"]').waitFor();
    await vscode.page.locator('.quick-input-list .monaco-list-row', { hasText: /\$4 in, \$20 out for a million tokens/ }).first().waitFor();
    await vscode.type('haiku');
    const names = async () => (await vscode.page.locator('.quick-input-list .monaco-list-row').allInnerTexts()).map((row) => /Claude \w+ [\d.]+/.exec(row)?.[0]);
    await vscode.until(async () => (await names()).every((name) => name?.includes('Haiku')), 'only the models of that name');
    assert.equal((await names())[0], 'Claude Haiku 5.5', 'the newest first');
    await vscode.led(() => vscode.press('Escape'));
  });

  await journey('a title is not squeezed by the figures beside it', 'figures.c', async () => {
    await vscode.ask('Is all of this title there');
    await vscode.rest();
    await vscode.view('#top .meta', { hasText: '$' }).waitFor();
    const title = vscode.view('#title', { hasText: 'Is all of this title there' });
    assert.ok(await title.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth));
  });

  await journey('what the choice of another model costs is told once', 'switch.c', async () => {
    await vscode.show();
    await vscode.follow(`Remember: ${'many words '.repeat(6000)}`);
    await vscode.rest();
    await vscode.command('Aside: Choose Model…');
    await vscode.choose('Claude Sonnet 5.5');
    await vscode.choose('The model’s default');
    await vscode.told(/cache is lost.*\$\d/);
    assert.equal(await vscode.page.locator('.notification-toast', { hasText: 'cache is lost' }).count(), 1);
  });

  await journey('a conversation that fills the window is summed up at the press of a button, and undone', 'full.c', async () => {
    await vscode.command('Aside: Choose Model…');
    await vscode.choose('Claude Haiku 5.5');
    await vscode.choose('The model’s default');
    await vscode.view('.model', { hasText: 'haiku-5-5' }).waitFor();
    await desk.next({ text: `A long answer. ${'It goes on and on. '.repeat(30)}`, thinking: '' });
    await vscode.follow('Fill the window');
    await vscode.rest();
    const note = vscode.view('#full', { hasText: /fills \d+ % of the model’s window/ });
    await note.getByRole('button', { name: 'Compact…' }).click();
    await vscode.titled('Sum up the conversation');
    await vscode.answer('Keep the parser');
    const mark = vscode.view('article.turn[data-kind=compaction][data-role=user]', { hasText: 'Summed up here' });
    await mark.waitFor();
    await vscode.rest();
    await vscode.picture('compaction');
    assert.deepEqual(await vscode.view('article.turn').evaluateAll((turns) => turns.map(({ dataset }) => 'summed' in dataset)), [true, true, false, false]);
    await vscode.turns('user').first().getByText('summed up').waitFor();
    await vscode.follow('After that');
    await vscode.read('You now ask: "After that"');
    await vscode.rest();
    assert.ok(!JSON.stringify((await vscode.sent('After that')).messages).includes('It goes on and on'));
    await vscode.command('Aside: Undo Last Exchange');
    await vscode.command('Aside: Undo Last Exchange');
    await mark.waitFor({ state: 'detached' });
    assert.equal(await vscode.view('[data-summed]').count(), 0);
  });
});
