// Tests that Neovim shows the same as Vim, and tests what only Neovim has: its menus and inputs, :checkhealth, a start
// without a configuration. The tests of the other files run in Vim and in Neovim, and test the rest of the plugin for
// Neovim.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Desk, Neovim, only } from './support/desk.mjs';
import { ShellDesk } from './support/shell.mjs';

const plugin = fileURLToPath(new URL('../../editors/neovim', import.meta.url));

async function open(t) {
  const desk = await Desk.open(t);
  await desk.write('main.c', Array.from({ length: 40 }, (_, i) => `int line${i + 1};`).join('\n') + '\n');
  return desk;
}

// Opens a Neovim with these settings only. Each setting is a command that runs before the plugins are loaded.
async function clean(t, desk, settings, program = process.env.NEOVIM) {
  const command = [program, '--clean', ...settings.flatMap((setting) => ['--cmd', setting]), 'main.c'];
  const vim = await Neovim.open(command, { env: desk.env, cwd: join(desk.folder, 'work') });
  vim.desk = desk;
  t.after(() => vim.close());
  await vim.started();
  return vim;
}

describe('Neovim', only('nvim', 'these are tests of Neovim'), () => {
  for (const [one, other] of [['vim', 'nvim'], ['nvim', 'vim']]) {
    test(`what is asked in ${one} is shown in ${other} while it is written`, async (t) => {
      const desk = await open(t);
      const [asking, watching] = [await desk.editor(one, 'main.c'), await desk.editor(other, 'main.c')];
      await watching.command('AsideOpen');
      await watching.read('Nothing has been asked');
      await desk.next({ deltas: 40, gate: 'half', gate_after: 23 });
      await asking.command('3,4Aside Count');
      for (const vim of [asking, watching]) await vim.read('18 19');
      await desk.release('half');
      for (const vim of [asking, watching]) {
        await vim.read('38 39');
        await vim.rest();
      }
    });
  }

  test('what is asked from the shell is shown in Vim and in Neovim while it is written', async (t) => {
    const desk = await ShellDesk.open(t);
    const editors = [await desk.editor('vim', 'main.c'), await desk.editor('nvim', 'main.c')];
    for (const vim of editors) {
      await vim.command('AsideOpen');
      await vim.read('Nothing has been asked');
    }
    await desk.next({ deltas: 40, gate: 'half', gate_after: 23 });
    const asked = desk.start(['main.c:2-3', 'Count']);
    for (const vim of editors) await vim.read('18 19');
    await desk.release('half');
    for (const vim of editors) await vim.read('38 39');
    assert.equal((await asked.done).status, 0);
  });

  test('the page of a conversation with every kind of turn has the same lines and folds as in Vim', async (t) => {
    const desk = await open(t);
    const vim = await desk.editor('vim', 'main.c');
    const ask = async (command, answer, script = {}) => {
      await desk.next({ text: answer, ...script });
      await vim.command(command);
      await vim.read(answer.split('\n').at(-1));
      await vim.rest();
    };
    await ask('30,32Aside Why', 'Look:\n\n```c\nint code;\n```\n\n- a list\n  1. of things\n\nEnd 1.', { thinking: 'One thought.\nAnother.' });
    await vim.command('%s/line31/changed');
    await ask('Aside Changed', 'End 2.');
    await ask('AsideRetry', 'End 3.');
    await ask('Aside Long', 'End 4.', { stop_reason: 'max_tokens' });
    await ask('AsideContinue', 'End 5.');
    await ask('2,3AsideAdd | Aside ü日本 > quoted', 'End 6 ü日本.');
    await desk.next({ text: 'By the way.', thinking: '' });
    await vim.command('AsideBtw Beside?');
    await vim.see('+-- by the way: Beside?');
    await vim.command('wincmd b | quit | wincmd t');
    await desk.next({ text: '```c\nint better;\n```\n\nEnd 7.', thinking: '' });
    await vim.command('5,6AsideRewrite better');
    await vim.see('Proposal for main.c');
    await vim.command('q');
    await desk.next({ status: 400 });
    await vim.command('Aside Fails');
    await vim.see('Left out of later questions');
    await desk.next({ deltas: 90, gate: 'never', gate_after: 33, thinking: '' });
    await vim.command('Aside Stopped');
    await vim.read('31 32');
    await vim.command('AsideStop');
    await vim.see('*Cancelled.*');
    await vim.rest();
    await ask('AsideCompact', 'End 8.', { thinking: '' });
    await desk.next({ deltas: 90, fault: 'fin', after: 33, thinking: '' });
    await vim.command('Aside Interrupted');
    await vim.read('*Interrupted');
    await vim.rest();
    await ask('Aside Last', 'End 9.');

    const pages = {};
    for (const name of ['vim', 'nvim']) {
      const reader = await desk.editor(name, 'main.c');
      await reader.command('AsideOpen | wincmd l');
      await reader.read('End 9.');
      const line = '{_, l -> foldlevel(l) .. foldtextresult(l) .. "|" .. getline(l)}';
      await reader.command(`call writefile(map(range(1, line("$")), ${line}), "page-${name}") | echo "written" line("$")`);
      await reader.see(/^written \d+/m);
      pages[name] = await readFile(join(desk.folder, 'work', `page-${name}`), 'utf8');
    }
    assert.equal(pages.nvim, pages.vim);
    for (const kind of ['1+-- `main.c:30-32`', '+-- thinking', '+-- by the way: Beside?', 'Cut off', '*Failed', '*Cancelled', '*Interrupted',
      '## Summary', '2/2']) assert.ok(pages.nvim.includes(kind), `${kind} in\n${pages.nvim}`);
  });

  test('one line of configuration is enough for the first answer', async (t) => {
    const desk = await open(t);
    desk.env.PATH = `${desk.folder}:${desk.env.PATH}`;  // where asided is
    const vim = await clean(t, desk, [`set runtimepath+=${plugin}`]);
    await vim.command('5,6Aside Why');
    await vim.see(/- main\.c, lines 5-6, begins `int line5;`/);
    const mapped = 'function(map) return (map.rhs or ""):find("side") and not vim.startswith(map.lhs, "<Plug>") end';
    await vim.command(`lua print("clients", #vim.lsp.get_clients(), "maps", #vim.tbl_filter(${mapped}, vim.api.nvim_get_keymap("n")))`);
    await vim.see(/^clients 0 maps 0/m);
  });

  test('nothing of the plugin is loaded before it is used', async (t) => {
    const desk = await open(t);
    const vim = await desk.vim('main.c');
    await vim.command(`lua print("loaded", #vim.tbl_filter(function(name) return name:find("^aside") end, vim.tbl_keys(package.loaded)))`);
    await vim.see(/^loaded 0/m);
  });

  for (const seed of [1, 2, 3]) {
    test(`after random edits the daemon has the text of the buffer, with seed ${seed}`, async (t) => {
      const desk = await open(t);
      await desk.write('edited.txt', 'one\ntwo\n');
      const script = fileURLToPath(new URL('neovim/changes.lua', import.meta.url));
      const { stderr } = await promisify(execFile)(process.env.NEOVIM, ['--clean', '-n', '--headless', '--cmd', `set runtimepath^=${plugin}`,
        '-c', `luafile ${script}`, 'edited.txt'], { cwd: join(desk.folder, 'work'), env: { ...desk.env, SEED: `${seed}` } });
      assert.match(stderr, /the same, many incremental changes/);
    });
  }

  test('checkhealth shows what it finds', async (t) => {
    const desk = await open(t);
    const vim = await desk.vim('main.c');
    await vim.command('Aside One');
    await vim.read('exchange 1');
    await vim.rest();
    await vim.command('checkhealth aside');
    for (const line of [/OK.* 0\.1\d/, /OK.*asided/, /process \d+, version \S+, protocol 1/, /store: .*can be used/]) await vim.see(line);
    assert.doesNotMatch(await vim.screen(), /ERROR|WARNING/);
  });

  test('checkhealth says what to do if the daemon is missing', async (t) => {
    const desk = await open(t);
    const vim = await desk.vim('--cmd', 'let g:aside_command = "nonesuch"', '-c', 'let g:aside_command = "nonesuch"', 'main.c');
    await vim.command('checkhealth aside');
    await vim.see(/ERROR.*nonesuch/);
    await vim.see(/ADVICE/);
    await vim.see(/install asided|g:aside_command/);
  });

  test('checkhealth says what to do if there is no key', async (t) => {
    const desk = await open(t);
    delete desk.env.ANTHROPIC_API_KEY;
    const vim = await desk.vim('main.c');
    await vim.command('checkhealth aside');
    await vim.see(/no key is set[^]*ERROR[^]*ADVICE[^]*:AsideKey/);
  });

  test('a Neovim that is too old says so, and what to do', async (t) => {
    const desk = await open(t);
    const old = join(dirname(process.env.NEOVIM), '../../neovim-bookworm/bin/nvim');
    const vim = await clean(t, desk, [`set runtimepath+=${plugin}`], old);
    await vim.command('Aside Why');
    await vim.see('Aside needs Neovim 0.10 or newer: update Neovim');
    await vim.command('checkhealth aside');
    await vim.see(/ERROR: 0\.7\.\d is too old[^]*ADVICE[^]*Install Neovim 0\.10 or newer/);
  });

  test('the user\'s own menu and input are used', async (t) => {
    const desk = await open(t);
    const vim = await desk.vim('main.c');
    await vim.command('lua vim.ui.select = function(rows, options, choose) menu = options.prompt; choose(rows[2], 2) end');
    await vim.command('lua vim.ui.input = function(options, use) use(options.default .. " again") end');
    await vim.command('Aside First');
    await vim.read('exchange 1');
    await vim.rest();
    await vim.command('AsideNew');
    await vim.leave();
    await vim.command('Aside Second');
    await vim.read('You now ask: "Second"');
    await vim.rest();
    await vim.command('AsideThreads');
    await vim.read('You now ask: "First"');
    await vim.leave();
    await vim.command('AsideRename');
    await vim.see('main.c · First again ');
  });
});
