// The environment of a test: a temporary home folder, a stand-in for the Messages API, and an editor with only this
// plugin. ASIDED and STANDIN name the programs. Everything is removed when the test ends.
//
// The editor under test is Vim, or Neovim if ASIDE_EDITOR is nvim; then NEOVIM names the program. A test means the same
// in both, and calls the editor Vim. A test that makes sense in only one of them says so with only().
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Terminal, until } from './terminal.mjs';

const editors = fileURLToPath(new URL('../../../editors', import.meta.url));
const underTest = process.env.ASIDE_EDITOR ?? 'vim';

export const neovim = underTest === 'nvim';

// Stops a process. It goes on when the returned function is called, or when the test has ended; by then it may be gone.
export function hold(test, id) {
  process.kill(id, 'SIGSTOP');
  const goOn = () => process.kill(id, 'SIGCONT');
  test.after(() => {
    try {
      goOn();
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  });
  return goOn;
}

// Options of a test that runs in one of the editors only: 'vim' or 'nvim'.
export function only(editor, reason) {
  return editor === underTest ? {} : { skip: `only in ${editor === 'nvim' ? 'Neovim' : 'Vim'}: ${reason}` };
}

function program(name) {
  if (!process.env[name]) throw new Error(`${name} must name the program to test`);
  return resolve(process.env[name]);
}

export class Desk {
  folder;
  env;
  size = {};  // the size of the terminal: {columns, rows}
  #test;
  #address;

  static async open(test) {
    const desk = new this();
    desk.#test = test;
    desk.folder = await mkdtemp(join(tmpdir(), 'aside-desk-'));
    test.after(() => rm(desk.folder, { recursive: true, force: true, maxRetries: 5 }));
    await mkdir(join(desk.folder, 'work'));
    const standin = spawn(program('STANDIN'), ['--record', join(desk.folder, 'record')]);
    test.after(() => standin.kill());
    desk.#address = await address(standin);
    desk.env = {
      PATH: process.env.PATH, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', SHELL: '/bin/sh', HOME: desk.folder,
      XDG_CONFIG_HOME: join(desk.folder, 'config'), XDG_STATE_HOME: join(desk.folder, 'state'),
      ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: desk.#address,
    };
    const common = `
      filetype plugin on
      syntax on
      let g:aside_command = ['${desk.folder}/asided']
    `;
    await writeFile(join(desk.folder, 'vimrc'), `
      set nocompatible noswapfile viminfofile=NONE hidden laststatus=2
      set runtimepath^=${editors}/vim
      ${common}`);
    await writeFile(join(desk.folder, 'init.vim'), neovimSettings + common);
    await writeFile(join(desk.folder, 'asided'), `#!/bin/sh
      [ $# -gt 0 ] || echo $$ > '${desk.folder}'/daemon-of-$PPID
      exec '${program('ASIDED')}' "$@"
    `, { mode: 0o755 });
    return desk;
  }

  // From now on the editors start a daemon that is older than they are (older.mjs). Returns the path of its program.
  async older() {
    const path = join(this.folder, 'asided');
    const script = fileURLToPath(new URL('older.mjs', import.meta.url));
    await writeFile(path, `#!/bin/sh
      exec '${process.execPath}' '${script}' '${program('ASIDED')}' '${this.folder}/refused' "$@"
    `);
    return path;
  }

  // Makes a program that acts as a daemon of another version than the editors: 'older' (like 0.1.0) or 'newer'
  // (other_daemon.mjs). Returns the path of the program.
  async otherDaemon(kind) {
    const path = join(this.folder, kind);
    const script = fileURLToPath(new URL('other_daemon.mjs', import.meta.url));
    await writeFile(path, `#!/bin/sh
      OTHER=${kind} ASIDED='${this.folder}/asided' exec '${process.execPath}' '${script}' "$@"
    `, { mode: 0o755 });
    return path;
  }

  // Returns the methods that the older daemon has refused.
  async refused() {
    return (await readFile(join(this.folder, 'refused'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
  }

  async write(name, text) {
    await writeFile(join(this.folder, 'work', name), text);
  }

  // Opens the editor under test.
  async vim(...args) {
    return await this.editor(underTest, ...args);
  }

  // Opens this editor: 'vim' or 'nvim'.
  async editor(name, ...args) {
    const [kind, program_, settings] = name === 'nvim' ? [Neovim, program('NEOVIM'), 'init.vim'] : [Vim, 'vim', 'vimrc'];
    const command = [program_, '-u', join(this.folder, settings), ...args];
    const vim = await kind.open(command, { env: this.env, cwd: join(this.folder, 'work'), ...this.size });
    vim.desk = this;
    this.#test.after(() => vim.close());
    await vim.started();
    return vim;
  }

  // Tells the stand-in how to answer the next request; tests/standin/script.h has the fields.
  async next(script) {
    await this.#post('next', script);
  }

  async release(gate) {
    await this.#post('release', { gate });
  }

  // Returns the body of a request for a reply; 1 is the first such request that the stand-in has received.
  async request(number) {
    return await until(async () => (await this.requests())[number - 1], `request ${number}`);
  }

  // Returns the bodies of all requests for replies so far. Requests that only count tokens are left out.
  async requests() {
    const record = await readFile(join(this.folder, 'record'), 'utf8').catch(() => '');
    return record.split('\n').slice(0, -1).map((line) => JSON.parse(line))
      .filter(({ path }) => path === '/v1/messages').map(({ body }) => body);
  }

  async #post(verb, body) {
    const request = { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(`${this.#address}/__standin/${verb}`, request);
    if (!answer.ok) throw new Error(`the stand-in refuses ${verb}: ${await answer.text()}`);
  }
}

// Vim in a terminal, with a file on the left and its conversation on the right.
export class Vim extends Terminal {
  desk;

  // Waits until the editor has drawn something. Before the terminal is in raw mode, it shows the typed keys itself, and
  // keys may be lost.
  async started() {
    await this.see((screen) => screen.trim() !== '', 'anything');
  }

  // Types a command line, in Normal mode.
  async command(text) {
    await this.type(`:${text}`);
    await this.press('Enter');
  }

  // Waits until the conversation's window shows this text, which may be wrapped.
  async read(text) {
    await this.see((screen) => page(screen).includes(text), text);
  }

  // Waits until no reply is being written.
  async rest() {
    await this.see(/ {2}(\$[\d.]+ · )?([\d.]+[kM]? tokens[^·]*· )?opus-/);
  }

  // Closes the prompt that a command has opened.
  async leave() {
    await this.see('-- INSERT --');
    await this.type('\x1b:q\r');
    await this.see((screen) => !screen.includes(':w sends'), 'the end of the prompt');
  }

  // Keeps the terminal open when Vim ends.
  async stay() {
    await this.set('remain-on-exit', 'on');
  }

  // Chooses an entry of the menu with this title; 1 is the first entry.
  async choose(title, number) {
    await this.see(title);
    await this.type('j'.repeat(number - 1));
    await this.press('Enter');
  }

  // Returns an expression of Vim script: a field of the conversation of the current buffer.
  here(field) {
    return `b:aside.${field}`;
  }

  // Returns the process that runs the plugin.
  async process() {
    return await this.pid();
  }

  // Returns the process id of this Vim's daemon.
  async daemon() {
    return Number(await readFile(join(this.desk.folder, `daemon-of-${await this.process()}`), 'utf8'));
  }

  async killDaemon() {
    process.kill(await this.daemon(), 'SIGKILL');
  }
}

// Neovim, with options that make it look and behave like Vim as far as possible, since the tests are about Aside.
export class Neovim extends Vim {
  async choose(title, number) {
    await this.see(title);
    await this.type(`${number}`);
    await this.press('Enter');
  }

  here(field) {
    return `luaeval("require('aside.conversation').of().${field}")`;
  }

  // The process in the terminal only draws. It has started a second process, which runs the plugin.
  async process() {
    const pid = await this.pid();
    return Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ')[0]);
  }
}

// In a terminal, Escape and a key directly after it look like Alt with that key. Neovim treats this as two keys only in
// Insert mode. The maps below make it do so in the other modes, too.
const neovimSettings = `
  set noswapfile shadafile=NONE hidden laststatus=2 mouse= notermguicolors background=light
  set nohlsearch noincsearch inccommand= wildoptions= noautoindent noruler noshowcmd ttimeoutlen=5 startofline
  set fillchars=vert:\\|,fold:-
  for character in range(33, 126)
    let name = get({'<': 'lt', '|': 'Bar'}, nr2char(character), nr2char(character))
    let key = strlen(name) > 1 ? '<' .. name .. '>' : name
    for mode in ['n', 'x', 'o']
      execute mode .. 'map' '<M-' .. name .. '>' '<Esc>' .. key
    endfor
    execute 'cmap' '<M-' .. name .. '>' '<C-c>' .. key
  endfor
  filetype indent off
  set runtimepath^=${editors}/neovim
`;

// Returns the text of the right window, as one line of words.
export function page(screen) {
  return screen.split('\n').map((line) => line.split('|')[1] ?? '').join(' ').replaceAll(/\s+/g, ' ');
}

async function address(standin) {
  for await (const line of createInterface({ input: standin.stdout })) {
    const found = /listening on (http:\S+)/.exec(line);
    if (found) return found[1];
  }
  throw new Error('the stand-in said no address');
}
