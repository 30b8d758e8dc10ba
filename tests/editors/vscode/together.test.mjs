// Tests of one file in Vim and in VS Code at the same time: both show the same conversation while a reply is written,
// whichever editor asked. The stand-in holds each reply in its middle, so that the other editor must show the reply's
// text while the reply is streaming.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

import { page } from '../support/desk.mjs';
import { VSCode } from './support/vscode.mjs';

test('Vim and VS Code on one file', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk } = vscode;
  desk.size = { columns: 160, rows: 36 };
  const vim = await desk.vim();
  // Opens a new file, about which nothing has been asked, in both editors.
  const open = async (file) => {
    await desk.write(file, 'int main;\n');
    await vscode.edit(file);
    await vscode.show();
    await vscode.view('#top', { hasText: file }).waitFor();
    await vim.command(`edit ${file}`);
    await vim.command('AsideOpen');
    await vim.see(`${file}  opus`);
  };

  // The actions and checks for each of the two editors.
  const feed = vscode.view('#feed');
  const below = () => feed.evaluate((box) => box.scrollHeight - box.clientHeight - box.scrollTop);
  const editors = [
    {
      name: 'Vim',
      ask: (question) => vim.command(`Aside ${question}`),
      read: (text) => vim.read(text),
      has: async (text) => page(await vim.screen()).includes(text),
      rest: () => vim.rest(),
      stop: () => vim.command('AsideStop'),
      stopped: () => vim.read('Cancelled'),
      begin: async () => {
        await vim.command('AsideNew');
        await vim.leave();
      },
      empty: () => vim.see((screen) => !page(screen).includes('## '), 'an empty conversation'),
      refused: (by) => vim.see(new RegExp(`Wait for it to end, or stop it\\. \\(a reply is being written in this conversation, by ${by}`)),
      up: async () => {
        await vim.press('C-w', 'l', 'g', 'g');
        await vim.see((screen) => page(screen).trim().startsWith('## You'), 'the beginning');
      },
      place: async () => page(await vim.screen()).slice(0, 400),
      down: async () => {
        await vim.press('G', 'C-w', 'h');
      },
      // Resolves to the time at which each of these words was first seen.
      watch: async (words) => {
        const seen = new Map();
        await vim.see((screen) => {
          for (const word of words) if (!seen.has(word) && page(screen).includes(word)) seen.set(word, Date.now());
          return seen.size === words.length;
        }, 'all words');
        return seen;
      },
    },
    {
      name: 'VS Code',
      ask: (question) => vscode.ask(question),
      read: (text) => vscode.read(text),
      has: async (text) => await vscode.view('article.turn', { hasText: text }).count() > 0,
      rest: () => vscode.rest(),
      stop: () => vscode.command('Aside: Stop'),
      stopped: () => vscode.rest('cancelled'),
      begin: () => vscode.command('Aside: New Conversation'),
      empty: () => vscode.view('.welcome').waitFor(),
      refused: (by) => vscode.view('#failure', { hasText: `A reply is being written in this conversation, by ${by}` }).waitFor(),
      up: async () => {
        await vscode.until(async () => await feed.evaluate((box) => box.scrollHeight > 4 * box.clientHeight) && await below() < 5, 'several pages');
        await feed.hover();
        await vscode.page.mouse.wheel(0, -600);
        await vscode.until(async () => await below() > 500, 'the way up');
      },
      place: () => feed.evaluate((box) => box.scrollTop),
      down: async () => {
        await vscode.view('#down').click();
        await vscode.until(async () => await below() < 5, 'the end');
      },
      watch: async (words) => new Map(await feed.evaluate((box, words) => new Promise((resolve, reject) => {
        const seen = new Map();
        setTimeout(() => reject(new Error(`saw ${[...seen.keys()]} of ${words}`)), 30_000);
        const look = () => {
          const text = box.textContent.replaceAll(/\s+/g, ' ');
          for (const word of words) if (!seen.has(word) && text.includes(word)) seen.set(word, Date.now());
          if (seen.size < words.length) return;
          observer.disconnect();
          resolve([...seen]);
        };
        const observer = new MutationObserver(look);
        observer.observe(box, { childList: true, subtree: true, characterData: true });
        look();
      }), words)),
    },
  ];
  const owner = { Vim: 'Vim', 'VS Code': '(code-server|Visual Studio Code)' };

  for (const [here, there] of [editors, [...editors].reverse()]) {
    const walk = (name, steps) => vscode.walk(t, name.replace(/\b(T?)HERE\b/g, (_, other) => (other ? there : here).name), steps);
    const gate = (name) => `${name} ${here.name}`;

    await open(`both-${editors.indexOf(here)}.c`);
    await walk('what is asked in HERE is read in THERE while it is written', async () => {
      await desk.next({ deltas: 40, gate: gate('half'), gate_after: 23 });
      await here.ask(`Count for ${here.name}`);
      await here.read('18 19');
      await there.read('18 19');
      await there.read(`Count for ${here.name}`);
      for (const editor of editors) assert.ok(!await editor.has('20 21'), `held: ${editor.name}`);
      await vscode.rest('streaming');
      await desk.release(gate('half'));
      for (const editor of editors) {
        await editor.read('38 39');
        await editor.rest();
      }
    });

    await walk('what is asked in THERE meanwhile is refused, with the name of HERE, and asked once it may be', async () => {
      await desk.next({ deltas: 60, gate: gate('busy'), gate_after: 53 });
      await here.ask(`Be busy in ${here.name}`);
      await there.read(`Be busy in ${here.name}`);
      await there.read('48 49');
      await there.ask('Meanwhile');
      await there.refused(owner[here.name]);
      assert.ok(!await here.has('Meanwhile'), 'nothing of it is in the conversation');
      await desk.release(gate('busy'));
      for (const editor of editors) await editor.rest();
      await there.ask(`Afterwards in ${there.name}`);
      await here.read(`You now ask: "Afterwards in ${there.name}"`);
      for (const editor of editors) await editor.rest();
    });

    await walk('a reply that HERE asked for is stopped in THERE', async () => {
      await desk.next({ deltas: 90, gate: gate('never'), gate_after: 83 });
      await here.ask('Count without end');
      await there.read('78 79');
      await there.stop();
      for (const editor of editors) {
        await editor.stopped();
        await editor.read('78 79');
      }
    });

    await walk('who has scrolled up in THERE stays there, and HERE follows', async () => {
      await desk.next({ text: 'word\n\n', deltas: 300, gate: gate('up'), gate_after: 203, thinking: '' });
      await here.ask(`Fill pages for ${here.name}`);
      await there.read('word');
      await there.up();
      const place = await there.place();
      await desk.release(gate('up'));
      for (const editor of editors) await editor.rest();
      assert.equal(await there.place(), place);
      await there.down();
      await desk.next({ text: 'The end of the pages' });
      await here.ask('And the end');
      await there.read('The end of the pages');
      for (const editor of editors) await editor.rest();
    });

    await walk('a new conversation in HERE is the one that THERE shows, and asks in', async () => {
      await here.begin();
      for (const editor of editors) await editor.empty();
      await there.ask(`Afresh in ${there.name}`);
      for (const editor of editors) {
        await editor.read('This is exchange 1');
        await editor.rest();
      }
    });

    await walk('piece by piece THERE shows what HERE asked for, before it has ended', async (t) => {
      await open(`lag-${editors.indexOf(here)}.c`);
      const words = Array.from({ length: 20 }, (_, index) => ` ${2 * index + 10} `);
      await desk.next({ deltas: 60, pace: 70, thinking: '', gate: gate('slow'), gate_after: 50 });
      const watching = Promise.all([here, there].map((editor) => editor.watch(words)));
      await here.ask('Count slowly');
      const [first, second] = await watching;
      const lags = words.map((word) => second.get(word) - first.get(word)).sort((one, other) => one - other);
      t.diagnostic(`asked in ${here.name}, read in ${there.name} later by ${lags[10]} ms in the median, ${lags[0]} to ${lags.at(-1)} ms`);
      await desk.release(gate('slow'));
      for (const editor of editors) await editor.rest();
    });
  }

  await vscode.walk(t, 'what is asked from the shell is read in both while it is written', async () => {
    await open('shell.c');
    await desk.next({ deltas: 40, gate: 'shell', gate_after: 23 });
    const shell = { cwd: join(desk.folder, 'work'), env: { ...desk.env, ASIDED: join(desk.folder, 'asided') }, stdio: 'ignore' };
    const asked = once(spawn(process.env.ASIDE, ['shell.c:1', 'Count in the shell'], shell), 'close');
    for (const editor of editors) await editor.read('18 19');
    await desk.release('shell');
    for (const editor of editors) {
      await editor.read('38 39');
      await editor.rest();
    }
    assert.deepEqual(await asked, [0, null]);
  });
});
