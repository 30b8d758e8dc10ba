// Makes the pictures of README.md again: tests/editors/vscode/run tests/editors/vscode/pictures.mjs, with ASIDED and
// STANDIN set as for the tests. The picture of VS Code shows its window; the picture of Vim shows a terminal, which the
// same browser draws.
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Desk } from '../support/desk.mjs';
import { answer, source, thinking } from './support/example.mjs';
import { closing, VSCode } from './support/vscode.mjs';

const place = (path) => fileURLToPath(new URL(`../../../editors/${path}`, import.meta.url));

const ask = 'Why is this slow?';

test('VS Code', async (t) => {
  const vscode = await VSCode.open(t);
  await vscode.page.setViewportSize({ width: 1100, height: 680 });
  await vscode.desk.write('count.c', source);
  await vscode.widen(230);
  await vscode.edit('count.c');
  await vscode.select(6, 8);
  await vscode.desk.next({ thinking, text: answer });
  await vscode.ask(ask, 'Aside: Ask About Selection…');
  await vscode.rest();
  await vscode.page.screenshot({ path: place('vscode/media/screenshot.png') });
});

test('Vim', async (t) => {
  const stack = closing(t);
  const desk = await Desk.open(stack);
  desk.size = { columns: 120, rows: 28 };
  await desk.write('count.c', source);
  const vim = await desk.vim('--cmd', 'set termguicolors background=dark number fillchars=vert:│',
    '+colorscheme habamax | highlight VertSplit gui=NONE guifg=#5f5f5f guibg=NONE', 'count.c');
  await vim.see('How often');
  await desk.next({ thinking, text: answer });
  await vim.command('6,8AsideAdd');
  await vim.command(`Aside ${ask}`);
  await vim.see('terminator');
  await vim.rest();
  await vim.type(':Aside And if c is rare?');
  await vim.see('if c is rare?');
  await draw(t, await vim.coloured(), place('vim/doc/screenshot.png'));
});

// Makes a picture of a terminal's screen.
async function draw(t, screen, path) {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox', '--disable-gpu'] });
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1100, height: 680 } });
  await page.setContent(`<style>
    body { margin: 0; background: #1c1c1c }
    pre { margin: 0; padding: 10px; width: max-content; font: 14px/17px "DejaVu Sans Mono", monospace; color: #bcbcbc; background: #1c1c1c }
  </style><pre>${html(screen.trimEnd())}</pre>`);
  await page.locator('pre').screenshot({ path });
}

// Turns text with a terminal's escape sequences for colours (SGR) into HTML. Only the sequences that Vim uses are
// handled.
function html(text) {
  let style = {};
  const rgb = (parts) => `rgb(${parts.splice(0, 4).slice(1)})`;  // 2;r;g;b
  const take = (codes) => {
    const parts = codes.split(';').map(Number);
    while (parts.length > 0) {
      const code = parts.shift();
      if (code === 0) style = {};
      else if (code === 1) style['font-weight'] = 'bold';
      else if (code === 3) style['font-style'] = 'italic';
      else if (code === 4) style['text-decoration'] = 'underline';
      else if (code === 7) style.reverse = true;
      else if (code === 27) delete style.reverse;
      else if (code === 38) style.color = rgb(parts);
      else if (code === 48) style.background = rgb(parts);
      else if (code === 39) delete style.color;
      else if (code === 49) delete style.background;
    }
  };
  const span = (words) => {
    const { reverse, color = '#bcbcbc', background = '#1c1c1c', ...rest } = style;
    const shown = { ...rest, color: reverse ? background : color, background: reverse ? color : background };
    const escaped = words.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
    return `<span style="${Object.entries(shown).map(([name, value]) => `${name}:${value}`).join(';')}">${escaped}</span>`;
  };
  return text.split(/\x1b\[([\d;]*)m/).map((piece, i) => i % 2 === 0 ? piece && span(piece) : (take(piece || '0'), '')).join('');
}
