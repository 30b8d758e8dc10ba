// A desk to work at: a home folder of its own, a stand-in for the Messages API, and Vim with the plugin and nothing else.
// ASIDED and STANDIN name the programs under test. All of it is gone when the test is over.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { Terminal, until } from './terminal.mjs';

const plugin = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../../editors/vim');

function program(name) {
  if (!process.env[name]) throw new Error(`${name} must name the program to test`);
  return resolve(process.env[name]);
}

export class Desk {
  folder;
  env;
  #test;

  // `pace`: milliseconds that the stand-in takes for each piece of its answer.
  static async open(test, { pace = 0, env = {} } = {}) {
    const desk = new Desk();
    desk.#test = test;
    desk.folder = await mkdtemp(join(tmpdir(), 'aside-desk-'));
    test.after(() => rm(desk.folder, { recursive: true, force: true, maxRetries: 5 }));
    await mkdir(join(desk.folder, 'work'));
    const standin = spawn(program('STANDIN'), ['--port', '0', '--pace', `${pace}`, '--record', join(desk.folder, 'record')]);
    test.after(() => standin.kill());
    desk.env = {
      PATH: process.env.PATH, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', HOME: desk.folder, SHELL: '/bin/sh',
      XDG_CONFIG_HOME: join(desk.folder, 'config'), XDG_STATE_HOME: join(desk.folder, 'state'),
      ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: await address(standin), ...env,
    };
    await writeFile(join(desk.folder, 'vimrc'), `
      set nocompatible noswapfile viminfofile=NONE hidden
      set runtimepath^=${plugin}
      filetype plugin on
      syntax on
      let g:aside_command = ['sh', '-c', 'echo $$ > "$0" && exec "$1"', '${desk.folder}/pid', '${program('ASIDED')}']
    `);
    return desk;
  }

  path(name) {
    return join(this.folder, 'work', name);
  }

  async write(name, text) {
    await writeFile(this.path(name), text);
  }

  async vim(...files) {
    const command = ['vim', '-u', join(this.folder, 'vimrc'), ...files];
    const terminal = await Terminal.open(command, { env: this.env, cwd: join(this.folder, 'work') });
    this.#test.after(() => terminal.close());
    return terminal;
  }

  // The bodies of the requests for a reply that the stand-in has had.
  async requests() {
    const record = await readFile(join(this.folder, 'record'), 'utf8').catch(() => '');
    return record.split('\n').filter(Boolean).map((line) => JSON.parse(line).body);
  }

  async request(number) {
    return await until(async () => (await this.requests())[number - 1], `request ${number}`);
  }

  async killDaemon() {
    process.kill(Number(await readFile(join(this.folder, 'pid'), 'utf8')), 'SIGKILL');
  }
}

async function address(standin) {
  for await (const line of createInterface({ input: standin.stdout })) {
    const found = /listening on (http:\S+)/.exec(line);
    if (found) return found[1];
  }
  throw new Error('the stand-in said no address');
}
