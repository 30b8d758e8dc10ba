// Runs the tests of host/tests.cjs inside both versions of VS Code.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Desk } from '../support/desk.mjs';
import { VSCode, closing, newest, oldest } from './support/vscode.mjs';

const remote = (path) => `vscode-remote://remote${fileURLToPath(new URL(path, import.meta.url))}`;

for (const version of [oldest, newest]) {
  test(`inside VS Code ${version}`, async (t) => {
    const desk = await Desk.open(closing(t));
    await mkdir(`${desk.folder}/work/.vscode`);
    const { contributes } = JSON.parse(await readFile(new URL('../../../editors/vscode/package.json', import.meta.url), 'utf8'));
    const tried = Object.entries(contributes.configuration.properties).map(([name, { enum: words, type }]) =>
      [name, words?.at(-1) ?? { string: 'nonesuch', array: ['nonesuch'], object: { nonesuch: { contextWindow: 1 } } }[type] ?? 7]);
    await desk.write('.vscode/settings.json', JSON.stringify({
      ...Object.fromEntries(tried), 'aside.command': `${desk.folder}/work/evil`, 'aside.apiKeyCommand': ['touch', `${desk.folder}/work/ran`],
    }));
    await desk.write('evil', '#!/bin/sh\ntouch "$(dirname "$0")/ran"\n');
    for (const name of ['used', 'seen', 'closed']) await desk.write(`${name}.c`, `int ${name};\n`);

    const lines = [];
    let ended;
    const end = new Promise((resolve) => {
      ended = resolve;
    });
    await VSCode.open(t, {
      desk, version, run: { extension: remote('host'), tests: remote('host/tests.cjs'), line: (line) => lines.push(line), end: () => ended() },
    });
    await end;
    for (const line of lines.filter((line) => line.startsWith('measured'))) t.diagnostic(line);
    const results = lines.filter((line) => line.startsWith('{"name"')).map((line) => JSON.parse(line));
    assert.ok(results.length > 0, lines.join('\n'));
    for (const { name, problem } of results) {
      await t.test(name, () => {
        if (problem) throw new Error(problem);
      });
    }
  });
}
