// What a reply costs Vim in a terminal of 24 lines and 80 columns. The figures are printed; nothing is asserted, since
// other programs share the machine.
//
//   ASIDED=build/release/asided STANDIN=build/dev/tests/standin node --test tests/bench/vim.mjs
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from '../editors/support/desk.mjs';

const ticks_per_second = 100;

async function cpuSeconds(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks_per_second;
}

async function open(t, ...args) {
  const desk = await Desk.open(t);
  desk.size = { columns: 80, rows: 24 };
  await desk.write('main.c', 'int main;\n'.repeat(200));
  const vim = await desk.vim(...args, 'main.c');
  await vim.command('Aside Warm up');
  await vim.see('exchange 1');
  await vim.see(/main\.c {2}opus-\S+ · /);
  return { desk, vim };
}

const words = 'Some **words** of a `reply`, ';
const replies = {
  'paragraphs': { deltas: 6000, text: 'words, ' },
  'lines': { deltas: 6000, text: `${words}\n` },
  'code': { deltas: 6000, text: '\n```c\nint x = strlen("abc"); // code\n```\n' },
};
for (const [what, reply] of Object.entries(replies)) {
  test(`6,000 deltas at 1,000/s: ${what}`, async (t) => {
    const { desk, vim } = await open(t);
    const pid = await vim.pid();
    for (const watched of [false, true]) {
      // While a timer of 2 ms runs, the longest pause between two of its calls is the longest time in which Vim
      // did something else: a callback and the redrawing after it. The timer has its own price, so CPU is
      // measured without it.
      if (watched) {
        await vim.command('let g:last = reltime() | let g:longest = 0.0');
        await desk.write('watch.vim', `
          func! Tick(_)
            let l:pause = reltimefloat(reltime(g:last))
            let g:longest = l:pause > g:longest ? l:pause : g:longest
            let g:last = reltime()
          endfunc
          call timer_start(2, "Tick", {"repeat": -1})
        `);
        await vim.command('source watch.vim');
      }
      await vim.command('autocmd! User AsideEnd echomsg "the end of it"');
      await desk.next({ ...reply, pace: 1 });
      const before = await cpuSeconds(pid);
      await vim.command('AsideNew');
      await vim.command('Aside Go');
      await vim.see('the end of it');
      if (!watched) {
        const cost = await cpuSeconds(pid) - before;
        t.diagnostic(`${what}: ${cost.toFixed(2)} s of CPU`);
      } else {
        await vim.command('call writefile([string(g:longest)], "longest")');
        await vim.command('echo "written"');
        await vim.see('written');
        const longest = Number(await readFile(join(desk.folder, 'work', 'longest'), 'utf8')) * 1000;
        t.diagnostic(`${what}: nothing took longer than ${longest.toFixed(1)} ms`);
      }
      await vim.command('echo "next"');
      await vim.see(/^next/m);
    }
  });
}

test('one line of 190 kB', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ deltas: 6333, text: 'x'.repeat(29) + ' ', pace: 1 });
  const pid = await vim.pid();
  const before = await cpuSeconds(pid);
  await vim.command('autocmd User AsideEnd echomsg "the end of it"');
  await vim.command('Aside Go');
  await vim.see('the end of it');
  const cost = await cpuSeconds(pid) - before;
  t.diagnostic(`190 kB in one line: ${cost.toFixed(2)} s of CPU`);
});

test('loading, and sending', async (t) => {
  const { desk, vim } = await open(t, '--startuptime', 'start');
  const started = await readFile(join(desk.folder, 'work', 'start'), 'utf8');
  const [, load] = /([\d.]+) +[\d.]+: sourcing \S*plugin\/aside\.vim/.exec(started);
  t.diagnostic(`loading the plugin: ${load} ms`);
  await vim.command('let t = reltime() | execute "Aside Go" | let t = reltimefloat(reltime(t)) * 1000');
  await vim.see('exchange 2');
  await vim.see(/main\.c {2}opus-\S+ · /);
  await vim.command('let u = reltime() | execute "%Aside Go" | let u = reltimefloat(reltime(u)) * 1000');
  await vim.see('exchange 3');
  await vim.command('echo printf("sending took %.1f and %.1f ms.", t, u)');
  const [, plain, whole] = /took ([\d.]+) and ([\d.]+) ms\./.exec(await vim.see(/ms\.$/m));
  t.diagnostic(`sending: ${plain} ms; with the whole file: ${whole} ms`);
});
