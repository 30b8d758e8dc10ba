// VS Code's own server, with a temporary home folder and only one extension. The server shows a window in a browser on
// this machine. It runs extensions as in a remote window: in a Node process on the machine that has the files.
import { execFile, spawn } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
const nodes = { '1.100': 'node-20', '1.139': 'node-24' };

// Settings without animations, questions and telemetry.
const quiet = {
  'chat.commandCenter.enabled': false,
  'chat.disableAIFeatures': true,
  'editor.cursorBlinking': 'solid',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

export class Server {
  url;
  #data;
  #process;

  // Starts the server. `extension` is a .vsix or the extension's folder. `machine` has settings of the machine scope,
  // which a remote window reads only from the remote machine. With `trust`, VS Code asks whether to trust a folder.
  // With `driven`, a window can run tests inside the extension host, and VS Code's messages are hidden.
  static async start({ folder, version, env, extension, machine, trust = false, driven = false }) {
    const server = new Server();
    server.#data = join(folder, 'server');
    await server.#write('User/settings.json', quiet);
    await server.#write('Machine/settings.json', machine);
    const node = join(modules, nodes[version], 'bin/node');
    const program = [join(modules, `vscode-${version}`, 'lib/vscode/out/server-main.js'),
      '--accept-server-license-terms', '--server-data-dir', server.#data];
    const surroundings = { ...env, EXTENSIONS_GALLERY: '{"serviceUrl":""}' };
    await server.#install(extension, (more) => promisify(execFile)(node, [...program, ...more], { env: surroundings }));
    server.#process = spawn(node, [...program, '--host', '127.0.0.1', '--port', '0', '--without-connection-token',
      '--disable-telemetry', '--disable-update-check', ...driven ? ['--enable-smoke-test-driver'] : [],
      ...trust ? [] : ['--disable-workspace-trust']], { env: surroundings, stdio: ['ignore', 'pipe', 'ignore'] });
    server.url = await address(server.#process);
    return server;
  }

  async stop() {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    if (this.#process.exitCode !== null) return;
    this.#process.kill();
    await ended;
  }

  async #install(extension, run) {
    if (!extension) return;
    if (extension.endsWith('.vsix')) {
      await run(['--install-extension', resolve(extension)]);
      return;
    }
    await mkdir(join(this.#data, 'extensions'));
    await symlink(resolve(extension), join(this.#data, 'extensions/aside.aside-0.0.0'));
  }

  async #write(name, settings) {
    const file = join(this.#data, 'data', name);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, JSON.stringify(settings));
  }
}

async function address(server) {
  const lines = [];
  const output = createInterface({ input: server.stdout });
  const found = await new Promise((resolve, reject) => {
    output.on('line', (line) => {
      lines.push(line);
      const port = /Extension host agent listening on (\d+)/.exec(line);
      if (port) resolve(`http://127.0.0.1:${port[1]}`);
    });
    server.once('exit', () => reject(new Error(`VS Code's server did not start:\n${lines.join('\n')}`)));
  });
  return found;
}
