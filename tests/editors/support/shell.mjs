// The program `aside` in a pipe or in a terminal. ASIDE names the program to test.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

import { Desk } from './desk.mjs';
import { Terminal } from './terminal.mjs';

export class ShellDesk extends Desk {
  #test;

  static async open(test) {
    const desk = await super.open(test);
    desk.#test = test;
    desk.env.ASIDED = join(desk.folder, 'asided');
    await desk.write('main.c', 'int one;\nint two;\nint three;\n');
    return desk;
  }

  get program() {
    if (!process.env.ASIDE) throw new Error('ASIDE must name the program to test');
    return resolve(process.env.ASIDE);
  }

  get work() {
    return join(this.folder, 'work');
  }

  // Starts the program with pipes. `input` is its standard input, by default empty.
  start(args, { input, env = {}, cwd = this.work, program = this.program } = {}) {
    const child = spawn(program, args, { cwd, env: { ...this.env, ...env } });
    child.stdin.on('error', () => {});  // the program may end before it has read all
    if (input !== undefined) child.stdin.write(input);
    child.stdin.end();
    child.said = '';
    child.told = '';
    child.stdout.setEncoding('utf8').on('data', (text) => child.said += text);
    child.stderr.setEncoding('utf8').on('data', (text) => child.told += text);
    child.done = new Promise((done) => child.on('close', (status, signal) => {
      done({ status: status ?? signal, out: child.said, err: child.told });
    }));
    this.#test.after(() => child.kill('SIGKILL'));
    return child;
  }

  // Runs the program to its end, and returns {status, out, err}.
  async aside(args, options) {
    return await this.start(args, options).done;
  }

  // Opens a shell in a terminal, in the folder of the files. There the command `aside` runs the program under test.
  async terminal(env = {}) {
    const terminal = await Terminal.open(['/bin/sh'], { env: { ...this.env, PS1: 'ready>', ...env }, cwd: this.work });
    this.#test.after(() => terminal.close());
    await terminal.see('ready>');
    await terminal.enter(`aside() { '${this.program}' "$@"; }`);
    return terminal;
  }
}

Terminal.prototype.enter = async function (line) {
  await this.type(line);
  await this.press('Enter');
};
