// Tests of what a user reads when something is missing or goes wrong. The conversation can always be continued.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { Desk } from '../support/desk.mjs';
import { VSCode, closing } from './support/vscode.mjs';

const secret = 'sk-ant-a-secret-of-the-test';

test('VS Code without a key', async (t) => {
  const vscode = await VSCode.open(t, { env: { ANTHROPIC_API_KEY: undefined } });
  await vscode.desk.write('main.c', 'int main;\n');
  await vscode.edit('main.c');

  await vscode.walk(t, 'the empty view says what is missing and where a key is made', async () => {
    await vscode.show();
    const card = vscode.view('#key', { hasText: 'Aside needs a key' });
    await card.getByRole('button', { name: 'Set API Key…' }).waitFor();
    await card.getByRole('button', { name: 'Check Set-up' }).waitFor();
    await vscode.picture('no-key');
  });

  await vscode.walk(t, 'a sentence says what is missing, a button mends it, and the waiting question is asked automatically', async () => {
    await vscode.ask('Am I known');
    await vscode.rest('failed');
    await vscode.read('Set a key here, and the question is asked. No key is set.');
    assert.equal(await vscode.turns('user').getByText('left out of later questions').count(), 0, 'it will be asked automatically');
    await vscode.turns('assistant').getByRole('button', { name: 'Set API Key…' }).click();
    await vscode.answer(secret);
    await vscode.page.locator('.statusbar-item', { hasText: 'the key is stored' }).waitFor();
    await vscode.read('This is exchange 1');
    await vscode.rest();
    assert.equal(await vscode.turns('assistant').count(), 1);
    assert.equal(await vscode.turns('assistant').getByText(/^\d\/\d$/).count(), 0, 'what failed doesn’t count as a reply');
  });

  await vscode.walk(t, 'the key is nowhere but in the secret storage and in the pipe', async () => {
    assert.deepEqual(await vscode.filesWith(secret), []);
    const { stdout } = await promisify(execFile)('ps', ['axeww', '-o', 'args']);
    assert.ok(!stdout.includes(secret), 'command lines and environments');
  });

  await vscode.walk(t, 'the check of the set-up uses the key, and the log says what was found', async () => {
    await vscode.command('Aside: Check Set-up');
    await vscode.panel('answers as a Messages API does').waitFor();
    await vscode.panel('The running daemon and this extension fit together.').waitFor();
    await vscode.panel('VS Code’s secret storage holds the key').waitFor();
    await vscode.command('View: Hide Panel');
    await vscode.panel('').waitFor({ state: 'hidden' });
    await vscode.command('Aside: Show Log');
    await vscode.panel('The running daemon and this extension fit together.').waitFor();
    assert.deepEqual(await vscode.filesWith(secret), []);
    await vscode.command('View: Hide Panel');
  });

  await vscode.walk(t, 'a window that is loaded again has the key', async () => {
    await vscode.reload();
    await vscode.edit('main.c');
    await vscode.show();
    await vscode.read('You now ask: "Am I known"');
    await vscode.follow('Am I still known');
    await vscode.read('You now ask: "Am I still known"');
    await vscode.rest();
  });

  await vscode.walk(t, 'a key that was removed is not used any longer', async () => {
    await vscode.command('Aside: Remove API Key');
    await vscode.follow('And now');
    await vscode.rest('failed');
    await vscode.command('Aside: Check Set-up');
    await vscode.panel('VS Code’s secret storage holds no key.').waitFor();
    await vscode.command('View: Hide Panel');
  });

  await vscode.walk(t, 'a question that waits for a key is asked after a reload, too', async () => {
    await vscode.reload();
    await vscode.edit('main.c');
    await vscode.show();
    await vscode.read('Set a key here, and the question is asked.');
    await vscode.turns('assistant').getByRole('button', { name: 'Set API Key…' }).click();
    await vscode.answer(secret);
    await vscode.read('You now ask: "And now"');
  });
});

// The environment has a proxy on this machine, so that no request leaves the machine.
test('VS Code without a key, for Anthropic’s own server', async (t) => {
  const env = { ANTHROPIC_API_KEY: undefined, ANTHROPIC_BASE_URL: undefined, https_proxy: 'http://127.0.0.1:9', NO_PROXY: undefined };
  const vscode = await VSCode.open(t, { env });
  await vscode.desk.write('main.c', 'int main;\n');
  await vscode.edit('main.c');

  await vscode.walk(t, 'the note and the box say where a key is made', async () => {
    await vscode.ask('Am I known');
    await vscode.rest('failed');
    await vscode.turns('assistant').locator('.note a', { hasText: 'Claude Console' }).waitFor();
    await vscode.turns('assistant').getByRole('button', { name: 'Set API Key…' }).click();
    await vscode.page.locator('.quick-input-message a', { hasText: 'Claude Console' }).waitFor();
    await vscode.press('Escape');
  });
});

test('VS Code when the daemon or the network is gone', async (t) => {
  const desk = await Desk.open(closing(t));
  const network = await Network.to(desk.env.ANTHROPIC_BASE_URL);
  t.after(() => network.close());
  const vscode = await VSCode.open(t, { desk, env: { ANTHROPIC_BASE_URL: network.url } });
  const trouble = (name, file, steps) => vscode.walk(t, name, async () => {
    await desk.write(file, 'int main;\n');
    await vscode.edit(file);
    await steps();
  });

  await trouble('a daemon that was killed in mid-reply loses nothing that was shown, and the conversation goes on', 'killed.c', async () => {
    await desk.next({ deltas: 90, gate: 'never', gate_after: 33 });
    await vscode.ask('Count');
    await vscode.read('28 29');
    const witness = await desk.vim('killed.c');
    await witness.command('AsideOpen');
    await witness.read('28 29');  // now the text is in the store
    await vscode.killDaemon();
    await vscode.rest('interrupted');
    await vscode.read('28 29');
    await vscode.follow('Go on');
    await vscode.read('This is exchange 2');
    await vscode.rest();
    assert.equal((await vscode.sent('Go on')).messages.length, 3);
    await witness.command('qa!');
  });

  await trouble('a daemon that was killed while nothing went on is not missed', 'idle.c', async () => {
    await vscode.ask('One');
    await vscode.read('This is exchange 1');
    await vscode.rest();
    await vscode.killDaemon();
    await vscode.follow('Two');
    await vscode.read('This is exchange 2');
    await vscode.rest();
  });

  await trouble('without a network a sentence says so, and the question is kept', 'offline.c', async () => {
    await network.cut();
    await vscode.ask('Anyone there');
    await vscode.rest('failed');
    await vscode.turns('assistant', 'failed').getByText(/connect/i).waitFor();
    await network.mend();
    await vscode.turns('assistant').getByRole('button', { name: 'Retry' }).click();
    await vscode.read('This is exchange 1');
    await vscode.rest();
  });

  await trouble('a wait is counted down, with its reason', 'wait.c', async () => {
    await desk.next({ status: 529, headers: { 'retry-after': '3' } });
    await vscode.ask('Patience');
    await vscode.view('#state', { hasText: /retrying in \d s \(\d of \d\): ./i }).waitFor();
    await vscode.view('#state', { hasText: /retrying in 1 s/i }).waitFor();
    await vscode.read('This is exchange 1');
    await vscode.rest();
  });
});

test('VS Code with a daemon that cannot run', async (t) => {
  const vscode = await VSCode.open(t, { machine: { 'aside.command': '/nonesuch/asided' } });
  await vscode.desk.write('main.c', 'int main;\n');
  await vscode.edit('main.c');
  await vscode.walk(t, 'a sentence names the program and the setting, and the question is kept', async () => {
    await vscode.ask('Hello');
    await vscode.view('body', { hasText: /cannot start \/nonesuch\/asided.*aside\.command/is }).waitFor();
    assert.equal(await vscode.view('textarea#question').inputValue(), 'Hello');
    await vscode.view('button', { hasText: 'Open Settings' }).first().click();
    await vscode.page.locator('.settings-editor .setting-item', { hasText: 'Aside: Model' }).waitFor();
  });
});

test('VS Code with a daemon that ends at once', async (t) => {
  const desk = await Desk.open(closing(t));
  const program = join(desk.folder, 'broken');
  // The end of the line arrives alone: it is written when the editor has refused a request that came after the words.
  await writeFile(program, `#!${process.execPath}
    const request = '{"jsonrpc":"2.0","id":1,"method":"are you there"}';
    process.stderr.write('x'.repeat(100_000) + ' the disk is on fire');
    process.stdout.write('Content-Length: ' + request.length + '\\r\\n\\r\\n' + request);
    process.stdin.on('data', (bytes) => bytes.includes('"error"') && process.stderr.write('\\n', () => process.exit(1)));
  `, { mode: 0o755 });
  const vscode = await VSCode.open(t, { desk, machine: { 'aside.command': program } });
  await desk.write('main.c', 'int main;\n');
  await vscode.edit('main.c');
  await vscode.walk(t, 'its last line says why, also if it arrives in pieces; of a very long line, only the end is shown', async () => {
    await vscode.ask('Hello');
    const view = vscode.view('body', { hasText: /the disk is on fire/i });
    await view.waitFor();
    assert.ok((await view.innerText()).length < 10_000);
  });
});

test('VS Code with a setting that makes no sense', async (t) => {
  const vscode = await VSCode.open(t, { machine: { 'aside.retries': 99 } });
  await vscode.desk.write('main.c', 'int main;\n');
  await vscode.edit('main.c');
  await vscode.walk(t, 'a sentence names the setting, a button leads to it, and questions are answered', async () => {
    await vscode.ask('Hello');
    await vscode.read('This is exchange 1');
    const message = await vscode.told(/the setting aside\.retries must be a whole number/);
    await message.getByRole('button', { name: 'Open Setting' }).click();
    await vscode.page.locator('.settings-editor .setting-item', { hasText: 'Aside: Retries' }).waitFor();
  });
});

// A relay to a server on this machine. A test can cut the connection through the relay.
class Network {
  url;
  #port;
  #server;
  #wires = new Set();

  static async to(address) {
    const network = new Network();
    const target = Number(new URL(address).port);
    network.#server = createServer((near) => {
      const far = connect(target, '127.0.0.1');
      for (const wire of [near, far]) {
        network.#wires.add(wire);
        wire.on('error', () => {});
        wire.on('close', () => {
          network.#wires.delete(wire);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
    await network.mend();
    network.#port = network.#server.address().port;
    network.url = `http://127.0.0.1:${network.#port}`;
    return network;
  }

  async mend() {
    await new Promise((resolve) => this.#server.listen(this.#port ?? 0, '127.0.0.1', resolve));
  }

  async cut() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const wire of this.#wires) wire.destroy();
    await closed;
  }

  close() {
    for (const wire of this.#wires) wire.destroy();
    this.#server.close();
  }
}
