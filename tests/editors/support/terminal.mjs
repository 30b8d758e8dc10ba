// A terminal with a program in it, as a person has one: keys go in, and what can be seen comes out. tmux is the terminal, on a
// server of its own. Nothing sleeps: whoever wants something of the screen says what, and waits for that up to a deadline.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const deadline_ms = 20_000;

export class Terminal {
  #folder;
  #env;

  static async open(command, { env, cwd, columns = 100, rows = 30 }) {
    const terminal = new Terminal();
    terminal.#folder = await mkdtemp(join(tmpdir(), 'aside-tmux-'));
    terminal.#env = { ...env, TMUX_TMPDIR: terminal.#folder };
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, '-c', cwd,
      ';', 'set', '-g', 'escape-time', '0', ';', 'respawn-pane', '-k', ...command);
    return terminal;
  }

  async screen() {
    return await this.#tmux('capture-pane', '-p');
  }

  // Text as it is typed.
  async type(text) {
    await this.#tmux('send-keys', '-l', '--', text.replace(/;$/, '\\;'));
  }

  // Keys by their tmux names: Enter, Escape, C-w …
  async press(...keys) {
    await this.#tmux('send-keys', ...keys);
  }

  // A command line of Vim's, from normal mode.
  async command(text) {
    await this.type(`:${text}`);
    await this.press('Enter');
  }

  // The screen, as soon as `wanted` (a string, a pattern or a predicate) is to be found there.
  async see(wanted) {
    const found = typeof wanted === 'function' ? wanted
      : wanted instanceof RegExp ? (screen) => wanted.test(screen) : (screen) => screen.includes(wanted);
    const end = Date.now() + deadline_ms;
    for (;;) {
      const screen = await this.screen();
      if (found(screen)) return screen;
      if (Date.now() > end) throw new Error(`waited in vain for ${wanted}; the screen shows\n${screen}`);
      await pause(30);
    }
  }

  // Resolves when the program has ended, and with it the terminal.
  async ended() {
    const end = Date.now() + deadline_ms;
    while (await this.#tmux('has-session').then(() => true, () => false)) {
      if (Date.now() > end) throw new Error(`the program doesn't end; the screen shows\n${await this.screen()}`);
      await pause(30);
    }
  }

  async close() {
    await this.#tmux('kill-server').catch(() => {});
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #tmux(...args) {
    const { stdout } = await run('tmux', ['-u', '-L', 'aside', ...args], { env: this.#env });
    return stdout;
  }
}

// Resolves with what `look` returns as soon as that is truthy.
export async function until(look, what) {
  const end = Date.now() + deadline_ms;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(30);
  }
}
