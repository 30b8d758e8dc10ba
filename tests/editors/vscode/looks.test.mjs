// Tests of the view's looks in each kind of theme: makes pictures for people to look at (in the folder SCREENSHOTS or,
// if it isn't set, in build/screenshots), and checks with axe-core that the view is accessible.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { chromium } from 'playwright-core';

import { answer, source, thinking } from './support/example.mjs';
import { VSCode, extension } from './support/vscode.mjs';

const themes = {
  light: 'Default Light Modern', dark: 'Default Dark Modern', 'high-contrast': 'Default High Contrast',
  'high-contrast-light': 'Default High Contrast Light',
};

const long_answer = `${answer}
| characters | before | after |
|-----------:|-------:|------:|
|      1,000 | 0.3 ms |  1 µs |
|    100,000 |    3 s | 70 µs |

See [string.h](https://en.cppreference.com/w/c/string/byte/strlen). A compiler may hoist \`strlen\` out of the loop, but only if it can prove that nothing in it writes to \`s\`.
`;

test('the view in every theme', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk } = vscode;
  await vscode.widen(300);

  // The states of the view. Each picture is in its own file.
  const states = {
    empty: async () => await vscode.show(),
    answered: async () => {
      await vscode.select(6, 8);
      await desk.next({ thinking, text: long_answer });
      await vscode.ask('Why is this slow?', 'Aside: Ask About Selection…');
      await vscode.rest();
    },
    streaming: async () => {
      await desk.next({ text: 'Count the steps: each pass of the loop reads the string to its end. ', deltas: 40, gate: 'looks', gate_after: 9 });
      await vscode.ask('How many steps does it take?');
      await vscode.read('to its end.');
    },
    stopped: async () => {
      await desk.next({ text: 'First of all ', deltas: 40, gate: 'stopped', gate_after: 9 });
      await vscode.ask('Is there more to mend?');
      await vscode.read('First of all');
      await vscode.command('Aside: Stop');
      await vscode.rest('cancelled');
    },
    failed: async () => {
      await desk.next({ status: 401 });
      await vscode.ask('Is the key right?');
      await vscode.rest('failed');
    },
    rewritten: async () => {
      await vscode.select(4, 10);
      await desk.next({ text: `${answer}\n\`\`\`c\nnothing of this is there\n\`\`\`\n` });
      await vscode.ask('Use a pointer', 'Aside: Rewrite Selection…');
      await vscode.view('[data-code=apply][data-state=unplaced]').waitFor();
    },
    beside: async () => {
      await desk.next({ text: 'In the order of n squared.' });
      await vscode.ask('How slow is it?');
      await vscode.rest();
      await desk.next({ text: `It stands for the *end* of a string.` });
      await vscode.ask('What is a terminator?', 'Aside: Ask by the Way…');
      await vscode.view('#beside .turn[data-status=complete]').waitFor();
      await desk.next({ text: 'It counts ', deltas: 40, gate: 'beside', gate_after: 9 });
      await vscode.ask('And what is size_t?', 'Aside: Ask by the Way…');
      await vscode.view('#beside .turn[data-status=streaming]', { hasText: 'It counts It counts' }).waitFor();
    },
    wanted: async () => {
      await desk.write('.env', 'TOKEN=abc\n');
      await desk.next({ text: 'It depends on what is called.\n\n@answered.c\n@answered.c:4-10\n@.env\n@gone.c\n' });
      await vscode.ask('What do you have to see?');
      await vscode.rest();
      await vscode.view('.asked .missing').waitFor();
    },
    summed: async () => {
      await vscode.select(6, 8);
      await desk.next({ text: long_answer });
      await vscode.ask('Why is this slow?', 'Aside: Ask About Selection…');
      await vscode.rest();
      await vscode.command('Aside: Compact Conversation…');
      await vscode.answer('Keep the loop');
      await vscode.view('article.turn[data-kind=compaction][data-status=complete][data-role=assistant]').waitFor();
    },
  };
  for (const [name, reach] of Object.entries(states)) {
    await desk.write(`${name}.c`, source);
    await vscode.edit(`${name}.c`);
    await reach();
  }
  const axe = await readFile(fileURLToPath(new URL('node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');
  await vscode.view('html').evaluate(new Function(axe));
  // The page is transparent, and axe doesn't see the background behind the page. So the page gets the colour of the
  // side bar.
  await vscode.view('html').evaluate((html) => html.style.setProperty('background', 'var(--vscode-sideBar-background)'));

  for (const [theme, label] of Object.entries(themes)) {
    await vscode.command('Preferences: Color Theme');
    await vscode.answer(label);
    await vscode.view(`body[data-vscode-theme-id="${label}"]`).waitFor();
    const look = async (name) => {
      await vscode.picture(`${name}-${theme}`);
      const { violations } = await vscode.view('html').evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      const found = violations.filter(({ impact }) => /serious|critical/.test(impact));
      assert.deepEqual(found.map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`)]), []);
    };
    for (const name of Object.keys(states)) {
      await vscode.walk(t, `${name}, ${theme}`, async () => {
        await vscode.edit(`${name}.c`);
        await vscode.view('#top', { hasText: `${name}.c` }).waitFor();
        await look(name);
      });
    }
    await vscode.walk(t, `a review, ${theme}`, async () => {
      await vscode.edit('rewritten.c');
      await vscode.view('[data-code=apply]', { hasText: 'Apply…' }).press('Enter');
      await vscode.page.locator('.tab.active', { hasText: 'now ↔ proposed' }).waitFor();
      await vscode.page.locator('.monaco-diff-editor .modified .view-lines', { hasText: 'ends at the terminator' }).waitFor();
      await vscode.picture(`review-${theme}`);
      await vscode.command('View: Close Editor');
      await vscode.page.locator('.tab', { hasText: 'now ↔ proposed' }).waitFor({ state: 'detached' });
    });
    await vscode.walk(t, `what goes along, ${theme}`, async () => {
      await vscode.attach('.env');
      await vscode.show();
      await vscode.type('@s');
      await vscode.view('#completions [aria-selected=true]').waitFor();
      await look('attached');
      await vscode.press('Escape', 'Backspace', 'Backspace');
      await vscode.view('#composer .attachment button').press('Enter');
      await vscode.view('#composer .attachment').waitFor({ state: 'detached' });
    });
  }
});

// In VS Code, the page has this state until the extension has answered.
test('the page before the extension has sent anything', async (t) => {
  const file = async (name) => ((await stat(extension())).isDirectory() ? readFile(join(extension(), 'out/page', name), 'utf8')
    : (await promisify(execFile)('unzip', ['-p', extension(), `extension/out/page/${name}`], { maxBuffer: 2 ** 26 })).stdout);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox', '--disable-gpu'] });
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.evaluate(() => {
    window.acquireVsCodeApi = () => ({ postMessage() {} });
  });
  await page.addStyleTag({ content: await file('page.css') });
  await page.addScriptTag({ content: await file('page.js') });
  await page.getByText('Loading…').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Send (Enter)' }).isDisabled());
  assert.ok(await page.getByRole('button', { name: 'Preview What Would Be Sent' }).isDisabled());
  for (const id of ['stop', 'down', 'again', 'failure', 'full', 'instructions', 'state', 'why']) assert.ok(await page.locator(`#${id}`).isHidden(), id);
  assert.ok(await page.getByRole('list', { name: 'Sent with the question' }).isHidden());
});
