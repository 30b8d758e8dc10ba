// VS Code as a user sees it: a window in a browser, used with keys and clicks. Its server (server.mjs) has only this
// extension. Its desk (../../support/desk.mjs) has a home folder, the stand-in for the API, and Vim. Nothing sleeps: a
// test waits until the screen shows the wanted text, up to a deadline.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { chromium } from 'playwright-core';

import { Desk, hold } from '../../support/desk.mjs';
import { until } from '../../support/terminal.mjs';
import { Server } from './server.mjs';

const deadline_ms = 60_000; // long, since the machine may be busy

// These commands move the cursor to the question box at once. Other commands move the cursor after their input box was
// answered.
const to_the_box = /^Aside: ((Show|New) Conversation|Undo |Redo|Add |Edit |Attach (Problems|Git)|Remove )/;

export const oldest = '1.100';
export const newest = '1.139';

export function extension() {
  if (!process.env.EXTENSION) throw new Error('EXTENSION must name the .vsix to test, or the folder of the extension');
  return resolve(process.env.EXTENSION);
}

// Returns an object whose `after` registers a function. At the end of the test the registered functions are called, the
// last one first.
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
  asked = new Set();  // the addresses on other machines that the window and its frames have requested
  #browser;
  #folder;
  #server;

  // Opens a window. `env` changes the environment of the server; the value `undefined` removes a variable. With `run`,
  // tests run inside the extension host: `run.tests` is their file, `run.line` gets each line of their output, and
  // `run.end` is called at their end.
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
      // vscode-cdn.net is the origin of webviews; a service worker answers requests to it.
      if (/^(http|ws)s?:$/.test(protocol) && hostname !== '127.0.0.1' && !hostname.endsWith('.vscode-cdn.net')) {
        vscode.asked.add(href);
      }
    });
    // VS Code in a browser asks its server for half of the key that encrypts secrets. This server has no such request.
    await vscode.#browser.route('**/mint-key', (route) => route.fulfill({ body: Buffer.alloc(32, 'aside') }));
    vscode.page = vscode.#browser.pages()[0];
    // A clicked link opens a tab. The tab is closed at once, since VS Code's window in the background would draw only
    // one frame in a second.
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

  // --- actions of the user

  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text) {
    await this.page.keyboard.type(text);
  }

  // Runs a command of the palette, by its title.
  async command(title) {
    const run = () => this.#pick('F1', `>${title}`, title);
    await (to_the_box.test(title) ? this.led(run) : run());
  }

  // Calls `act`, which moves the cursor to the question box, and waits until the cursor is there. The move takes a few
  // milliseconds, and would close a box that a test opens before it ends.
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
    if (live) await until(() => page.evaluate(() => window.led !== false), 'the cursor on its way to the question box'); // a new page has no `window.led`
    await this.view('#composer:focus-within').waitFor();
  }

  // Opens a file of the folder, with the cursor in it.
  async edit(name) {
    await this.#pick('Control+P', name, name);
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
    await this.page.locator('.editor-group-container.active .monaco-editor.focused').waitFor();
  }

  // Selects whole lines, from `first` to `last`, with keys.
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

  // Shows the conversation, with the cursor in its box.
  async show() {
    await this.command('Aside: Show Conversation');
  }

  // Makes the side bar wider by dragging its edge.
  async widen(pixels) {
    await this.show();
    const { x, width, height } = await this.page.locator('.part.sidebar').boundingBox();
    await this.page.mouse.move(x + width, height / 2);
    await this.page.mouse.down();
    await this.page.mouse.move(x + width + pixels, height / 2, { steps: 5 });
    await this.page.mouse.up();
    await this.page.mouse.move(640, 795);
  }

  // Types an answer into the box at the top.
  async answer(text) {
    await this.#input().fill(text);
    await this.#input().press('Enter');
    await this.#input().waitFor({ state: 'hidden' });
  }

  // Waits until the box at the top has this title, and VS Code has noticed that the box has the focus.
  async titled(title) {
    await this.page.locator('.quick-input-title', { hasText: title }).waitFor();
    if (await this.view('body').isVisible()) await this.#noticed();
  }

  // Returns the text in the box at the top.
  async typed() {
    return await this.#input().inputValue();
  }

  // Chooses an action of the lightbulb for the selection. VS Code makes the lightbulb's list when the list is opened,
  // so this may open the list several times.
  async lightbulb(title) {
    await until(async () => {
      await this.press('Control+.');
      return await this.#row('.action-widget', title).waitFor({ timeout: 1000 }).then(() => true, () => false);
    }, `${title} at the lightbulb`);
    await this.#take('.action-widget', title);
  }

  // Chooses a row of the list at the top.
  async choose(title) {
    await this.#row('.quick-input-list', title).waitFor();
    await this.#take('.quick-input-list', title);
  }

  // Attaches files to the question, chosen from the list.
  async attach(...names) {
    await this.command('Aside: Attach File…');
    await this.titled('Attach files');
    for (const name of names) {
      await this.#input().fill(name);
      await this.#row('.quick-input-list', name).click();
    }
    await this.led(() => this.press('Enter'));
  }

  // Drags something into the question box. Shift is held, since VS Code requires this for the page of a view. If
  // another view is in front, the drag first goes over the icon of Aside's view, which opens the view.
  async drop(what) {
    const middle = async (where) => {
      const { x, y, width, height } = await where.boundingBox();
      return [x + width / 2, y + height / 2];
    };
    await this.page.mouse.move(...await middle(what));
    await this.page.mouse.down();
    if (!await this.view('#composer').isVisible()) {
      const [x, y] = await middle(this.page.locator('.activitybar .action-item', { has: this.page.locator('[aria-label^=Aside]') }));
      let shake = 0; // the mouse must keep moving: nothing opens under a mouse that is still
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

  // Chooses from the list of commands or files. The list is made when it is opened, and lacks commands that are
  // registered later. So this may open the list several times.
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

  // Waits until VS Code has noticed that the focus has left the view. VS Code checks the focus four times a second. If
  // it notices the loss only after the view has got the focus back, the view loses the focus again. This doesn't happen
  // to a person, who keeps a list open for longer.
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

  // Chooses a row with keys: the order of a list may change between a mouse's movement and its click.
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

  // Asks a question about the file in front, with a command of the palette.
  async ask(question, title = 'Aside: Ask…') {
    await this.command(title);
    if (title.includes('Rewrite')) {
      await this.titled('Rewrite');
      return await this.answer(question); // the cursor stays in the editor
    }
    await this.titled(/^Ask (about|by the way)/);
    await this.led(() => this.answer(question));
  }

  // Asks a question in the box below the conversation.
  async follow(question) {
    await this.view('textarea#question').fill(question);
    await this.view('textarea#question').press('Enter');
  }

  // --- what the user sees

  // Returns an element of the page in the conversation's view.
  view(selector, options) {
    return this.frame().locator(selector, options);
  }

  frame() {
    return this.page.frameLocator('iframe.webview.ready[src*="extensionId=aside.aside"]').frameLocator('#active-frame');
  }

  // Returns the element with the text of the active editor, if the text contains `text`.
  editor(text) {
    return this.page.locator('.editor-group-container.active .view-lines', { hasText: text });
  }

  // Returns the names of the open tabs.
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

  // Waits until the last reply has ended with this status.
  async rest(status = 'complete') {
    await this.view(`article.turn[data-role=assistant][data-status=${status}]:last-of-type`).waitFor();
  }

  // Returns the element with this text in the panel below the editors, for example in the log.
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

  // --- behind the screen

  // Runs a subtest in this window. A window for each subtest would take seconds to open. If the subtest fails, a
  // picture of the window is made.
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

  // Returns the files in the home folder and in VS Code's folder that contain this text. The records of the messages to
  // the daemon and to the API are left out.
  async filesWith(text) {
    const grep = promisify(execFile)('grep', ['-rlsF', text, '--exclude=daemon.heard', '--exclude=record', this.desk.folder, this.#folder]);
    return (await grep.catch(({ stdout }) => ({ stdout }))).stdout.split('\n').filter(Boolean);
  }

  // Returns the body of the request with which this question was sent.
  async sent(question) {
    const asks = ({ messages }) => JSON.stringify(messages.at(-1)).includes(question);
    return await until(async () => (await this.desk.requests()).findLast(asks), `the request for ${question}`);
  }

  async killDaemon() {
    process.kill(await this.#daemon(), 'SIGKILL');
  }

  // The next two functions stop the daemon, or all extensions, until the returned function is called or the test is
  // over.
  async holdDaemon(test) {
    return hold(test, await this.#daemon());
  }

  async holdExtensions(test) {
    const stat = await readFile(`/proc/${await this.#daemon()}/stat`, 'utf8');
    return hold(test, Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2])); // its parent process
  }

  async #daemon() {
    return Number(await readFile(join(this.#folder, 'daemon.pid'), 'utf8'));
  }

  // Returns the bytes that were sent to the daemon so far.
  async heard() {
    return await readFile(join(this.#folder, 'daemon.heard'), 'utf8');
  }
}

// Makes a command that starts the daemon, and stores the daemon's process id and input where a test can find them. The
// command becomes the daemon itself (exec), so that VS Code sees the daemon's end at once. Another process copies the
// input; this process holds none of the daemon's other files open.
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
