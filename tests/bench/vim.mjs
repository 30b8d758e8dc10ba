// Measures how long a reply keeps Vim or Neovim busy, in a terminal of 24 lines and 80 columns. The figures are
// printed; nothing is asserted, since other programs use the machine, too. With `chrt -f 1` before the command, these
// programs don't lengthen the measured pauses.
//
//   ASIDED=build/release/asided STANDIN=build/dev/tests/standin node --test tests/bench/vim.mjs
//   ASIDE_EDITOR=nvim NEOVIM=build/neovim/bin/nvim …the same
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk, neovim } from '../editors/support/desk.mjs';

const ticks_per_second = 100;

// Returns the CPU time of the editor so far. Neovim has a second process, which draws.
async function cpuSeconds(vim) {
  let ticks = 0;
  for (const pid of new Set([await vim.pid(), await vim.process()])) {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / ticks_per_second;
}

async function open(t, desk, ...args) {
  desk.size = { columns: 80, rows: 24 };
  await desk.write('main.c', 'int main;\n'.repeat(200));
  const vim = await desk.vim(...args, 'main.c');
  await vim.command('Aside Warm up');
  await vim.see('exchange 1');
  await vim.see(/main\.c.* {2}\$[\d.]+ · .*opus-/);
  return vim;
}

// Makes a copy of the plugin that measures how long its callbacks take while a reply is written; g:call is the longest
// time. The copy also has a timer of 2 ms. g:pause is the longest pause between two calls of this timer: for so long
// Vim was busy with reading, callbacks and drawing. These measurements cost time, so the CPU time is measured with the
// unchanged plugin.
async function watchedVim(desk) {
  const plugin = join(desk.folder, 'watched');
  await cp(new URL('../../editors/vim', import.meta.url), plugin, { recursive: true });
  for (const [file, name, parameters, names] of [
    ['daemon', 'Receive', 'bytes: string', 'bytes'], ['daemon', 'HandleMessages', 'all = false', 'all'],
    ['conversation', 'Flush', 'here: dict<any>', 'here'],
    ['conversation', 'ApplyTranscript', 'here: dict<any>, result: dict<any>', 'here, result']]) {
    const path = join(plugin, 'autoload', 'aside', `${file}.vim`);
    const text = await readFile(path, 'utf8');
    if (!text.includes(`def ${name}(`)) throw new Error(`${file}.vim has no function ${name} to watch`);
    await writeFile(path, text.replace(`def ${name}(`, `def ${name}(${parameters})
  const start = reltime()
  ${name}Watched(${names})
  g:call = max([get(g:, 'call', 0), float2nr(reltimefloat(reltime(start)) * 1000000)])
enddef

def ${name}Watched(`));
  }
  await desk.write('watch.vim', `
    set runtimepath^=${plugin}
    let g:last = reltime()
    let g:pause = 0
    func! Tick(_)
      let g:pause = max([g:pause, float2nr(reltimefloat(reltime(g:last)) * 1000000)])
      let g:last = reltime()
    endfunc
    call timer_start(2, "Tick", {"repeat": -1})
  `);
  return ['-c', 'source watch.vim'];
}

// Measures the same in Neovim, whose plugin runs in scheduled functions and in callbacks of pipes. Tree-sitter parses
// while Neovim draws; each of its parses counts as a callback, too.
async function watchedNeovim(desk) {
  await desk.write('watch.lua', `
    vim.g.call, vim.g.pause = 0, 0
    local call, pause, last = 0, 0, vim.uv.hrtime()
    local function watch(callback)
      return function(...)
        local start = vim.uv.hrtime()
        local results = { callback(...) }
        call = math.max(call, (vim.uv.hrtime() - start) / 1000)
        return unpack(results)
      end
    end
    local schedule = vim.schedule
    function vim.schedule(callback)
      schedule(watch(callback))
    end
    local pipes = getmetatable(vim.uv.new_pipe()).__index
    local read_start = pipes.read_start
    function pipes.read_start(pipe, callback)
      return read_start(pipe, watch(callback))
    end
    local trees = require('vim.treesitter.languagetree')
    trees.parse = watch(trees.parse)
    vim.uv.new_timer():start(0, 2, function()
      pause, last = math.max(pause, (vim.uv.hrtime() - last) / 1000), vim.uv.hrtime()
    end)
    function Reset()
      call, pause = 0, 0
    end
    function Show()
      vim.g.call, vim.g.pause = call, pause
    end
  `);
  return ['--cmd', 'luafile watch.lua'];
}

const watched = neovim ? watchedNeovim : watchedVim;

// Returns the CPU time of a reply in seconds, from the question to the last transcript.
async function reply(desk, vim, script) {
  await vim.command('autocmd User AsideEnd set showtabline=2 tabline=the\\ end\\ of\\ it');
  await vim.command('AsideNew');
  await vim.see((screen) => !screen.includes('exchange 1'));
  await vim.leave();
  await vim.command(neovim ? 'lua if Reset then Reset() end' : 'let [g:call, g:pause] = [0, 0]');
  await desk.next(script);
  const before = await cpuSeconds(vim);
  await vim.command('Aside Go');
  await vim.see('the end of it');
  await vim.see(/main\.c.* {2}(\$[\d.]+ · )?[\d.]+k? tokens.* · opus-/);
  return await cpuSeconds(vim) - before;
}

const replies = {
  '6,000 deltas at 1,000/s in one paragraph': { deltas: 6000, text: 'words, ' },
  '6,000 deltas at 1,000/s, lines': { deltas: 6000, text: 'Some **words** of a `reply`, \n' },
  '6,000 deltas at 1,000/s, blocks of code': { deltas: 6000, text: '\n```c\nint x = strlen("abc"); // code\n```\n' },
  'one line of 190 kB': { deltas: 6333, text: `${'x'.repeat(29)} ` },
};
for (const [what, script] of Object.entries(replies)) {
  test(what, async (t) => {
    const desk = await Desk.open(t);
    const cost = await reply(desk, await open(t, desk), { ...script, pace: 1 });
    t.diagnostic(`${what}: ${cost.toFixed(2)} s of CPU`);
  });

  test(`${what}, watched`, async (t) => {
    const desk = await Desk.open(t);
    const vim = await open(t, desk, ...await watched(desk));
    await reply(desk, vim, { ...script, pace: 1 });
    if (neovim) await vim.command('lua Show()');
    await vim.command('echo printf("call %.1f, pause %.1f.", g:call / 1000.0, g:pause / 1000.0)');
    const [, call, pause] = /call ([\d.]+), pause ([\d.]+)\./.exec(await vim.see(/call [\d.]+, pause [\d.]+\./));
    t.diagnostic(`${what}: the longest call took ${call} ms, the longest pause ${pause} ms`);
  });
}

test('loading, and sending', async (t) => {
  const desk = await Desk.open(t);
  const vim = await open(t, desk, '--startuptime', 'start');
  const started = await readFile(join(desk.folder, 'work', 'start'), 'utf8');
  const [, load] = /([\d.]+) +[\d.]+: sourcing \S*plugin\/aside\.(vim|lua)/.exec(started);
  t.diagnostic(`loading the plugin: ${load} ms`);
  await vim.command('let t = reltime() | execute "Aside Go" | let t = reltimefloat(reltime(t)) * 1000');
  await vim.see('exchange 2');
  await vim.see(/main\.c.* {2}\$[\d.]+ · .*opus-/);
  await vim.command('let u = reltime() | execute "%Aside Go" | let u = reltimefloat(reltime(u)) * 1000');
  await vim.see('exchange 3');
  await vim.command('echo printf("sending took %.1f and %.1f ms.", t, u)');
  const [, plain, whole] = /took ([\d.]+) and ([\d.]+) ms\./.exec(await vim.see(/ms\.$/m));
  t.diagnostic(`sending: ${plain} ms; with the whole file: ${whole} ms`);
});
