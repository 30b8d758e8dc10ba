// VS Code as someone has it before them: a window in a browser that is driven by keys and clicks, on a server with the
// extension and nothing else (server.mjs), at a desk (../../support/desk.mjs): a home folder, the stand-in for the API, Vim.
// Nothing sleeps: whoever wants something of the screen says what, and waits for that up to a deadline.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { chromium } from 'playwright-core';

import { Desk } from '../../support/desk.mjs';
import { until } from '../../support/terminal.mjs';
import { Server } from './server.mjs';

const deadline_ms = 60_000; // the machine may be busy with much else

// These take the cursor to the question box at once; others do when their box has been answered.
const to_the_box = /^Aside: ((Show|New) Conversation|Undo |Redo|Add |Edit |Attach (Problems|Git)|Remove )/;

export const oldest = '1.100';
export const newest = '1.139';

export function extension() {
  if (!process.env.EXTENSION) throw new Error('EXTENSION must name the .vsix to test, or the folder of the extension');
  return resolve(process.env.EXTENSION);
}

// What was opened last is closed first.
export function closing(test) {
  const closers = [];
  test.after(async () => {
    for (const close of closers.reverse()) await close();
  });
  return { after: (close) => closers.push(close) };
}

export class VSCode {
  desk;
  page;
  asked = new Set();  // what the window and all frames in it asked for that is not on this machine
  #browser;
  #folder;
  #server;

  // `env` changes the environment of the server; the value `undefined` removes a variable. `run` names the tests that run
  // beside the extension, and the functions that get their output and learn of their end.
  static async open(test, { desk, version = oldest, env = {}, machine = {}, run, trust } = {}) {
    const vscode = new VSCode();
    const stack = closing(test);
    vscode.desk = desk ?? await Desk.open(stack);
    const folder = vscode.#folder = await mkdtemp(join(tmpdir(), 'aside-vscode-'));
    stack.after(() => rm(folder, { recursive: true, force: true, maxRetries: 9 }));
    vscode.#server = await Server.start({
      folder, version, trust, driven: Boolean(run), extension: extension(),
      env: Object.fromEntries(Object.entries({ ...vscode.desk.env, ...env }).filter(([, value]) => value !== undefined)),
      machine: { 'aside.command': await daemon(folder), ...machine },
    });
    stack.after(() => vscode.#server.stop());
    vscode.#browser = await chromium.launchPersistentContext(join(folder, 'browser'), {
      executablePath: '/usr/bin/chromium', headless: true, viewport: { width: 1280, height: 800 },
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
    });
    stack.after(() => vscode.#browser.close());
    vscode.#browser.on('request', (request) => {
      const { protocol, hostname, href } = new URL(request.url());
      // The name of a webview's own origin, which a service worker answers for.
      if (/^(http|ws)s?:$/.test(protocol) && hostname !== '127.0.0.1' && !hostname.endsWith('.vscode-cdn.net')) {
        vscode.asked.add(href);
      }
    });
    // Where a browser keeps secrets it asks its server for a half of the key to them, which this server knows nothing of.
    await vscode.#browser.route('**/mint-key', (route) => route.fulfill({ body: Buffer.alloc(32, 'aside') }));
    vscode.page = vscode.#browser.pages()[0];
    // A link that was clicked opens a tab, and a window behind one draws a frame a second: what waits for frames crawls.
    vscode.#browser.on('page', (tab) => tab.close().then(() => vscode.page.bringToFront()).catch(() => {}));
    vscode.page.setDefaultTimeout(deadline_ms);
    await vscode.#visit(run);
    return vscode;
  }

  async #visit(run) {
    const address = new URL(this.#server.url);
    address.searchParams.set('folder', join(this.desk.folder, 'work'));
    if (run) {
      address.searchParams.set('payload', JSON.stringify([['extensionDevelopmentPath', run.extension], ['extensionTestsPath', run.tests]]));
      await this.page.exposeFunction('codeAutomationLog', (kind, words) => run.line(words.join(' ')));
      await this.page.exposeFunction('codeAutomationExit', run.end);
    }
    await this.page.goto(address.href);
    await this.page.locator('.monaco-workbench .part.editor').waitFor();
  }

  async reload() {
    await this.page.reload();
    await this.page.locator('.monaco-workbench .part.editor').waitFor();
  }

  // --- what a hand does

  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text) {
    await this.page.keyboard.type(text);
  }

  // A command of the palette, by its title.
  async command(title) {
    const run = () => this.#pick('F1', `>${title}`, title);
    await (to_the_box.test(title) ? this.led(run) : run());
  }

  // Does something that moves the cursor to the question box, and waits until it is there. The move takes a few milliseconds,
  // which nobody notices; but it closes any box that a test opens in between.
  async led(act) {
    const page = this.view('body');
    const live = await page.isVisible();
    if (live) {
      await page.evaluate(() => {
        window.led = false;
        window.addEventListener('message', ({ data }) => (window.led ||= data.type === 'focus'));
      });
    }
    await act();
    if (live) await until(() => page.evaluate(() => window.led !== false), 'the cursor on its way to the question box'); // a new page has its own
    await this.view('#composer:focus-within').waitFor();
  }

  // A file of the folder, with the cursor in it.
  async edit(name) {
    await this.#pick('Control+P', name, name);
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
    await this.page.locator('.editor-group-container.active .monaco-editor.focused').waitFor();
  }

  // Whole lines, from one to another, as a person selects them.
  async select(first, last) {
    const status = this.page.locator('.statusbar-item', { hasText: /^Ln \d+, Col/ });
    await this.press('Control+G');
    await this.#input().fill(`:${first}`);
    await this.press('Enter');
    await status.filter({ hasText: new RegExp(`^Ln ${first}, Col 1$`) }).waitFor();
    await this.page.locator('.editor-group-container.active .monaco-editor.focused').waitFor();
    for (let line = first; line <= last; ++line) await this.press('Shift+ArrowDown');
    if (first <= last) await status.filter({ hasText: /\(\d+ selected\)$/ }).waitFor();
  }

  // The conversation, with the cursor in its box.
  async show() {
    await this.command('Aside: Show Conversation');
  }

  // Makes the side bar wider, by its edge.
  async widen(pixels) {
    await this.show();
    const { x, width, height } = await this.page.locator('.part.sidebar').boundingBox();
    await this.page.mouse.move(x + width, height / 2);
    await this.page.mouse.down();
    await this.page.mouse.move(x + width + pixels, height / 2, { steps: 5 });
    await this.page.mouse.up();
    await this.page.mouse.move(640, 795);
  }

  // What the box at the top asks for.
  async answer(text) {
    await this.#input().fill(text);
    await this.#input().press('Enter');
    await this.#input().waitFor({ state: 'hidden' });
  }

  // Waits until the box at the top is one with this title.
  async titled(title) {
    await this.page.locator('.quick-input-title', { hasText: title }).waitFor();
  }

  // What stands in the box at the top.
  async typed() {
    return await this.#input().inputValue();
  }

  // What the lightbulb offers for what is selected. Its list, too, is made when it is opened.
  async lightbulb(title) {
    await until(async () => {
      await this.press('Control+.');
      return await this.#row('.action-widget', title).waitFor({ timeout: 1000 }).then(() => true, () => false);
    }, `${title} at the lightbulb`);
    await this.#take('.action-widget', title);
  }

  // A row of the list at the top.
  async choose(title) {
    await this.#row('.quick-input-list', title).waitFor();
    await this.#take('.quick-input-list', title);
  }

  // Files that go with the question, chosen from the list.
  async attach(...names) {
    await this.command('Aside: Attach File…');
    await this.titled('Attach files');
    for (const name of names) {
      await this.#input().fill(name);
      await this.#row('.quick-input-list', name).click();
    }
    await this.led(() => this.press('Enter'));
  }

  // Dragged by hand into the question box, with Shift, which VS Code wants for the page of a view. Where another view is in
  // the way, the drag goes over the icon of ours, which opens it.
  async drop(what) {
    const middle = async (where) => {
      const { x, y, width, height } = await where.boundingBox();
      return [x + width / 2, y + height / 2];
    };
    await this.page.mouse.move(...await middle(what));
    await this.page.mouse.down();
    if (!await this.view('#composer').isVisible()) {
      const [x, y] = await middle(this.page.locator('.activitybar .action-item', { has: this.page.locator('[aria-label^=Aside]') }));
      let shake = 0; // a hand is never still, and nothing opens under a mouse that is
      await until(async () => {
        await this.page.mouse.move(x, y + (++shake % 3), { steps: 4 });
        return await this.view('#composer').isVisible();
      }, 'the view under the drag');
    }
    const [x, y] = await middle(this.view('#composer'));
    await this.page.keyboard.down('Shift');
    for (const start of [20, 0]) await this.page.mouse.move(x, y - start, { steps: 8 });
    await this.page.mouse.up();
    await this.page.keyboard.up('Shift');
  }

  // The list of commands or files is made when it is opened: one that has been registered since is not in it.
  async #pick(key, text, title) {
    const from_view = await this.view('body').isVisible() && await this.view('body').evaluate(() => document.hasFocus());
    await until(async () => {
      await this.press(key);
      await this.#input().fill(text);
      const there = await this.#row('.quick-input-list', title).waitFor({ timeout: 1000 }).then(() => true, () => false);
      assert.ok(await this.#input().isVisible(), 'something has closed the box');
      if (!there) await this.press('Escape');
      return there;
    }, `${title} in the palette`);
    if (from_view) await this.#noticed();
    await this.#take('.quick-input-list', title);
    await this.#row('.quick-input-list', title).waitFor({ state: 'hidden' });
  }

  // Until VS Code has seen that the keyboard has left the view. It looks four times a second; if it sees that only after the
  // view has got the keyboard back, the view loses it again. A person's list stays open for longer.
  async #noticed() {
    await this.view('body').evaluate(() => new Promise((done) => {
      let looks = 0;
      const timer = setInterval(() => {
        if (++looks < 2) return;
        clearInterval(timer);
        done();
      }, 250);
    }));
  }

  #row(list, title, more = '') {
    return this.page.locator(`${list} .monaco-list-row${more}`, { hasText: title }).first();
  }

  // By keys: a list may be put in another order between the moments when a mouse aims and clicks.
  async #take(list, title) {
    await until(async () => {
      const there = await this.#row(list, title, '.focused').isVisible();
      if (!there) await this.press('ArrowDown');
      return there;
    }, `the row of ${title}`);
    await this.press('Enter');
  }

  #input() {
    return this.page.locator('.quick-input-widget .quick-input-box input');
  }

  // A question, by the palette, about the file before one's eyes.
  async ask(question, title = 'Aside: Ask…') {
    await this.command(title);
    await this.titled('Ask about');
    await this.led(() => this.answer(question));
  }

  // A question in the box below the conversation.
  async follow(question) {
    await this.view('textarea#question').fill(question);
    await this.view('textarea#question').press('Enter');
  }

  // --- what an eye sees

  // Something in the page of the conversation's view.
  view(selector, options) {
    return this.frame().locator(selector, options);
  }

  frame() {
    return this.page.frameLocator('iframe.webview.ready[src*="extensionId=aside.aside"]').frameLocator('#active-frame');
  }

  // The text in front of one, where it says this.
  editor(text) {
    return this.page.locator('.editor-group-container.active .view-lines', { hasText: text });
  }

  // The names of what is open.
  async tabs() {
    return await this.page.locator('.tab').evaluateAll((tabs) => tabs.map((tab) => tab.getAttribute('data-resource-name')));
  }

  async until(look, what) {
    return await until(look, what);
  }

  turns(role, status) {
    return this.view(`article.turn[data-role=${role}]${status ? `[data-status=${status}]` : ''}`);
  }

  // Waits until the conversation shows this text.
  async read(text) {
    await this.view('article.turn', { hasText: text }).first().waitFor();
  }

  // Waits until the last reply has ended, and how.
  async rest(status = 'complete') {
    await this.view(`article.turn[data-role=assistant][data-status=${status}]:last-of-type`).waitFor();
  }

  // Something in the panel below the editors, as the log.
  panel(text) {
    return this.page.locator('.part.panel .view-lines', { hasText: text });
  }

  // Waits until one of VS Code's own messages says this.
  async told(text) {
    const message = this.page.locator('.notification-toast', { hasText: text });
    await message.waitFor();
    return message;
  }

  async picture(name) {
    const folder = resolve(process.env.SCREENSHOTS ?? 'build/screenshots');
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  // --- behind the scene

  // A test of its own in this window, since opening one takes seconds. If it fails there is a picture of what was to be seen.
  async walk(test, name, steps) {
    await test.test(name, async (t) => {
      try {
        await steps(t);
        assert.deepEqual([...this.asked], []);
      } catch (error) {
        await this.picture(`failed ${name}`.replaceAll(/\W+/g, '-'));
        throw error;
      }
    });
  }

  // Files of the home folder and of VS Code's own that hold this text; what the daemon and the API heard is not among them.
  async filesWith(text) {
    const grep = promisify(execFile)('grep', ['-rlsF', text, '--exclude=daemon.heard', '--exclude=record', this.desk.folder, this.#folder]);
    return (await grep.catch(({ stdout }) => ({ stdout }))).stdout.split('\n').filter(Boolean);
  }

  // The body of the request that this question was sent with.
  async sent(question) {
    const asks = ({ messages }) => JSON.stringify(messages.at(-1)).includes(question);
    return await until(async () => (await this.desk.requests()).findLast(asks), `the request for ${question}`);
  }

  async killDaemon() {
    process.kill(await this.#daemon(), 'SIGKILL');
  }

  // The daemon, or all extensions: takes nothing in until what is returned is called, or the test is over.
  async holdDaemon(test) {
    return hold(test, await this.#daemon());
  }

  async holdExtensions(test) {
    const stat = await readFile(`/proc/${await this.#daemon()}/stat`, 'utf8');
    return hold(test, Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2])); // the parent
  }

  async #daemon() {
    return Number(await readFile(join(this.#folder, 'daemon.pid'), 'utf8'));
  }

  // What the daemon was told so far, as bytes.
  async heard() {
    return await readFile(join(this.#folder, 'daemon.heard'), 'utf8');
  }
}

function hold(test, id) {
  process.kill(id, 'SIGSTOP');
  const goOn = () => process.kill(id, 'SIGCONT');
  test.after(goOn);
  return goOn;
}

// The daemon as a command that leaves its process and what it hears where a test can find them. It is the process that
// was started, so that its end is seen at once; what copies its input holds nothing that it has open.
async function daemon(folder) {
  if (!process.env.ASIDED) throw new Error('ASIDED must name the program to test');
  const command = join(folder, 'daemon');
  await writeFile(command, `#!/bin/sh
[ $# = 0 ] || exec '${resolve(process.env.ASIDED)}' "$@"
rm -f '${command}.pipe'; mkfifo '${command}.pipe'; exec 3<&0
tee -a '${command}.heard' <&3 >'${command}.pipe' 2>/dev/null 3<&- &
echo $$ >'${command}.pid'
exec '${resolve(process.env.ASIDED)}' <'${command}.pipe' 3<&-
`);
  await chmod(command, 0o755);
  return command;
}
