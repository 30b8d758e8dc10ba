// A program in a terminal: a test types keys and reads the screen, as a person does. The terminal is a tmux server of
// its own. Nothing sleeps for a fixed time: a test waits until the screen shows the wanted text, up to a deadline.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const deadline_ms = Number(process.env.DEADLINE ?? 30_000);

export class Terminal {
  #folder;
  #env;

  static async open(command, { env, cwd, columns = 120, rows = 30 }) {
    const terminal = new this();
    terminal.#folder = await mkdtemp(join(tmpdir(), 'aside-tmux-'));
    terminal.#env = { ...env, TMUX_TMPDIR: terminal.#folder };
    const size = ['-x', `${columns}`, '-y', `${rows}`];
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, '-c', cwd, '--', ...command);
    await terminal.#tmux('set-option', '-s', 'escape-time', '0');
    return terminal;
  }

  async screen() {
    return await this.#tmux('capture-pane', '-p');
  }

  // Returns the screen with escape sequences for colours.
  async coloured() {
    return await this.#tmux('capture-pane', '-p', '-e');
  }

  // Returns the screen together with the lines that have scrolled off the screen.
  async all() {
    return await this.#tmux('capture-pane', '-p', '-S', '-');
  }

  async pid() {
    return Number(await this.#tmux('display-message', '-p', '#{pane_pid}'));
  }

  // Types text.
  async type(text) {
    await this.#tmux('send-keys', '-l', '--', text.replace(/;$/, '\\;'));
  }

  // Presses keys, by their tmux names: Enter, Escape, C-w …
  async press(...keys) {
    await this.#tmux('send-keys', ...keys);
  }

  // Waits until `wanted` (a string, a pattern or a predicate) is on the screen, and returns the screen.
  async see(wanted, what = wanted) {
    const found = typeof wanted === 'function' ? wanted
      : typeof wanted === 'string' ? (screen) => screen.includes(wanted) : (screen) => wanted.test(screen);
    let screen = '';
    await until(async () => found(screen = await this.screen()), what).catch((error) => {
      throw new Error(`${error.message}; the screen shows\n${screen}`);
    });
    return screen;
  }

  // Resolves when the program has ended.
  async ended() {
    const dead = () => this.#tmux('display-message', '-p', '#{pane_dead}').then((said) => said.trim() === '1', () => true);
    await until(dead, 'the end of the program');
  }

  async set(option, value) {
    await this.#tmux('set-option', '-g', option, value);
  }

  async close() {
    await this.#tmux('kill-server').catch(() => {});
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #tmux(...args) {
    const { stdout } = await run('tmux', ['-u', '-L', 'aside', ...args], { env: this.#env });
    return stdout;
  }
}

// Calls `look` until it returns a truthy value, and returns this value.
export async function until(look, what) {
  const end = Date.now() + deadline_ms;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(30);
  }
}
