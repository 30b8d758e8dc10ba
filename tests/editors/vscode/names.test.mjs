// Tests that names, titles and replies from others are only text wherever VS Code shows them: no link in them runs a
// command, no icon is drawn, and no character is hidden.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VSCode, newest, oldest } from './support/vscode.mjs';

const run = 'workbench.action.closeSidebar'; // a command that has no effect if it is run again
const file = `[click](command:${run}) $(flame).c`;
const title = `[title](command:${run}) $(flame) \u202etxt`;

for (const version of [oldest, newest]) {
  test(`names and titles from others in VS Code ${version}`, async (t) => {
    const vscode = await VSCode.open(t, { version });
    const { desk, page } = vscode;
    await desk.write(file, 'int main;\nint second;\n');
    await desk.write('other.c', 'int other;\n');
    const list = page.locator('.quick-input-list .monaco-list-row');
    const plain = async (where, what) => {
      await where.waitFor();
      const found = await where.evaluate((element) => ({
        links: [...element.querySelectorAll('a:not(.statusbar-item-label, .label-name)')].filter(({ textContent }) => /click|title/.test(textContent)).length,
        icons: element.querySelectorAll('.codicon-flame').length,
        hidden: /[\u202a-\u202e\u2066-\u2069\u200e\u200f]/.test(element.innerHTML),
      }));
      assert.deepEqual(found, { links: 0, icons: 0, hidden: false }, what);
    };
    const open = async () => {
      await page.keyboard.press('Control+Shift+E');
      await page.locator('.explorer-viewlet .monaco-list-row', { hasText: 'click' }).dblclick();
      await page.locator('.tab.active', { hasText: 'click' }).waitFor();
    };
    const box = page.locator('.quick-input-widget');
    await vscode.edit('other.c');
    await vscode.show();
    await open();

    await vscode.walk(t, 'a message about a file is no link that runs a command', async () => {
      await vscode.command('Aside: Delete Conversation…');
      await plain(await vscode.told('nothing has been asked'), 'message');
      await vscode.command('Aside: Attach Problems');
      await plain(await vscode.told('no problems'), 'message');
    });

    await vscode.walk(t, 'the box\'s list of what will be sent contains no link', async () => {
      await vscode.command('Aside: Add File to Question');
      await vscode.view('#composer .attachment').waitFor();
      await vscode.command('Aside: Ask…');
      await vscode.titled('Ask about');
      await plain(box, 'prompt');
      await vscode.press('Escape');
      await vscode.show();
      await vscode.view('#composer .attachment button').click();
    });

    await vscode.walk(t, 'a title is the same text in lists, dialogs and prompts, and a file the same in the status bar', async () => {
      await desk.next({ deltas: 40, gate: 'bar', gate_after: 23 });
      await vscode.follow(title);
      await vscode.read('18 19');
      const bar = plain(page.locator('.statusbar-item[id="aside.aside.aside.status"]', { hasText: 'click' }), 'status bar');
      await bar.finally(() => desk.release('bar'));
      await vscode.rest();
      await plain(vscode.view('#top'), 'head');
      await vscode.command('Aside: Switch Conversation…');
      await plain(list.filter({ hasText: 'title' }).first(), 'list');
      await plain(box, 'list’s title');
      await vscode.led(() => vscode.press('Escape'));
      await vscode.command('Aside: Delete Conversation…');
      const dialog = page.locator('.monaco-dialog-box');
      await plain(dialog, 'dialog');
      await vscode.led(() => dialog.getByRole('button', { name: 'Cancel' }).click());
      await vscode.command('Aside: Fork Conversation…');
      await vscode.titled('Fork the conversation');
      await plain(box, 'prompt');
      await vscode.led(() => vscode.press('Escape'));
    });

    await vscode.walk(t, 'what is found in a reply is the same text in the list of hits', async () => {
      await desk.next({ text: 'A xylophone [click](command:x) $(flame) \u202e here' });
      await vscode.follow('Something else');
      await vscode.rest();
      await vscode.command('Aside: Search Conversations…');
      await vscode.titled('Search everything');
      await vscode.type('xylophone');
      await plain(list.filter({ hasText: 'flame' }).first(), 'hits');
      await vscode.led(() => vscode.press('Escape'));
    });

    await vscode.walk(t, 'a server’s words are the same text in the view', async () => {
      await desk.next({ status: 400, body: JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: `[click](command:${run}) $(flame) \u202e` } }) });
      await vscode.follow('Refuse');
      await vscode.rest('failed');
      await plain(vscode.turns('assistant').last(), 'turn');
    });

    await vscode.walk(t, 'Ctrl and a click in the transcript run no command of a reply, and no preview fetches its images', async () => {
      await desk.next({ text: ['https://nonesuch.example/web', `[click here](command:${run})`, `[ref]: command:${run}`, `<command:${run}>`, `<a href="command:${run}">x</a>`,
        `[a\\]b]: command:${run}`, '[a\\]b]', '<ssh://nonesuch.example/x>', '<img src="https://nonesuch.example/p.png">', '[three](other.c)'].join('\n\n') });
      await vscode.command('Aside: New Conversation');
      await vscode.view('.welcome').waitFor();
      await vscode.follow('A lure');
      await vscode.rest();
      await vscode.command('Aside: Open Transcript');
      const group = page.locator('.editor-group-container.active');
      const links = group.locator('.detected-link');
      await links.filter({ hasText: 'nonesuch.example/web' }).first().waitFor(); // now a click would follow a link
      // Lines are wrapped, so a link may be shown in parts. A link of one letter is no such part: it is the text of a
      // hostile link.
      const web = ['https://nonesuch.example/web', 'ssh://nonesuch.example/x', 'https://nonesuch.example/p.png'];
      for (const link of await links.allTextContents()) assert.ok(link.length > 1 && web.some((address) => address.includes(link)), link);
      await page.locator('#status\\.editor\\.mode', { hasText: 'Aside' }).waitFor(); // the language isn't Markdown, so there is no preview
      const lures = group.locator('.view-line', { hasText: 'command:' });
      await vscode.until(async () => await lures.count() === 5, 'the five lures');
      const places = await lures.evaluateAll((lines) => lines.map((line) => line.getBoundingClientRect()).map(({ x, y }) => ({ x, y })));
      await page.keyboard.down('Control');
      for (const { x, y } of places) for (const right of [100, 140]) await page.mouse.click(x + right, y + 8);
      await page.keyboard.up('Control');
      await vscode.command('View: Focus Active Editor Group'); // runs after any command that the click has run
      assert.ok(await page.locator('.part.sidebar').isVisible(), 'nothing ran');
    });
  });
}
