// The tests of host/tests.cjs, run inside both versions of VS Code.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Desk } from '../support/desk.mjs';
import { VSCode, closing, newest, oldest } from './support/vscode.mjs';

const remote = (path) => `vscode-remote://remote${fileURLToPath(new URL(path, import.meta.url))}`;

for (const version of [oldest, newest]) {
  test(`inside VS Code ${version}`, async (t) => {
    const desk = await Desk.open(closing(t));
    await mkdir(`${desk.folder}/work/.vscode`);
    await desk.write('.vscode/settings.json', JSON.stringify({
      'aside.command': `${desk.folder}/work/evil`, 'aside.baseUrl': 'http://nonesuch.invalid', 'aside.caFile': '/nonesuch.pem',
      'aside.credential': 'none', 'aside.apiKeyCommand': ['touch', `${desk.folder}/work/ran`],
      'aside.secretFiles': ['nonesuch'], 'aside.confirmAbove': 1000, 'aside.models': { nonesuch: { contextWindow: 1 } },
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
