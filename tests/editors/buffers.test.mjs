// Tests with unusual buffers: the user can ask about everything that Vim shows.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');

const shared = {
  'a latin1 file': { bytes: Buffer.from('caf\xe9\n', 'latin1'), text: 'café' },
  'a CRLF file': { bytes: Buffer.from('one\r\ntwo\r\n'), text: 'one\ntwo\n' },
  'wide and combining characters': { bytes: Buffer.from('日本 e\u0301 👩‍👩‍👧\n'), text: '日本 e\u0301 👩‍👩‍👧' },
  'a file without a last line break': { bytes: Buffer.from('int last;'), text: 'int last;' },
  'a NUL byte': { bytes: Buffer.from('a\0b\nc\n'), text: 'a?b\nc\n' },
  'encoding=latin1': { bytes: Buffer.from('caf\xe9\n', 'latin1'), text: 'café', args: ['--cmd', 'set encoding=latin1'] },
};
for (const [what, { bytes, text, args = [] }] of Object.entries(shared)) {
  test(`${what} is shared as it reads`, async (t) => {
    const desk = await Desk.open(t);
    await desk.write('odd.txt', bytes);
    const vim = await desk.vim(...args, 'odd.txt');
    await vim.command('%Aside Why');
    await vim.see(/exchange 1/);
    assert.ok(asked(await desk.request(1)).includes(text), asked(await desk.request(1)));
  });
}

for (const name of ['two words.c', 'it\'s "quoted".c', 'per%cent#hash.c', '[ab]*?{c}.c', 'ü日本.c', '-dash.c', '$HOME `x` ~.c']) {
  test(`a file is called ${name}`, async (t) => {
    const desk = await Desk.open(t);
    await desk.write(name, 'int odd;\nint two;\n');
    const vim = await desk.vim('--', name);
    await vim.command('2Aside Why');
    await vim.read('begins `int two;`');
    await vim.rest();
    await vim.command('wincmd l | call search("c:2", "w")');
    await vim.press('Enter');
    await vim.command('echo bufname() == get(v:argv, -1) line(".") winnr()');
    await vim.see(/^1 2 1$/m);
    await vim.command('qa');
    await vim.ended();
    const again = await desk.vim('--', name);
    await again.command('AsideOpen');
    await again.read('exchange 1');
  });
}

test('unsaved text is what is shared', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int saved;\n');
  const vim = await desk.vim('main.c');
  await vim.command('s/saved/typed/');
  await vim.command('%Aside Why');
  await vim.read('int typed;');
});

test('the conversation stays with its file through :cd, :lcd and :bwipe', async (t) => {
  const desk = await Desk.open(t);
  await mkdir(join(desk.folder, 'work', 'sub'));
  await desk.write('sub/main.c', 'int main;\n');
  const vim = await desk.vim('sub/main.c');
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('cd sub');
  await vim.command('Aside Two');
  await vim.read('exchange 2');
  await vim.rest();
  await vim.command('wincmd l | close | bwipe | lcd / ');
  await vim.command('edit ~/work/sub/main.c');
  await vim.command('Aside Three');
  await vim.read('exchange 3');
});

test('after :bwipe of the file, :AsideAdd and q in its page are still about the file', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  await desk.write('other.c', 'int other;\n');
  const vim = await desk.vim('main.c');
  await vim.command('%Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('wincmd l | bwipe main.c');
  await vim.command('AsideAdd other.c');
  await vim.see('Aside: other.c will go with the next question');
  await vim.command('AsideAdd ++problems');
  await vim.see('The quickfix and location lists have no entries for main.c.');
  await vim.type('q');
  await vim.see((screen) => screen.startsWith('int main;'), 'main.c');
});

test('in the page of a buffer without a name that is gone, :AsideAdd adds files, and q shows an empty buffer', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('other.c', 'int other;\n');
  const vim = await desk.vim();
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('wincmd l | bwipe 1 | AsideAdd other.c');
  await vim.see('Aside: other.c will go with the next question');
  await vim.command('AsideAdd ++diff');
  await vim.see("is not a file, so git doesn't know it");
  await vim.command('AsideAdd ++problems');
  await vim.see('The quickfix and location lists have no entries for [No Name].');
  await vim.type('q');
  await vim.see((screen) => !screen.includes('exchange 1'), 'an empty buffer');
});

test('when an unnamed buffer is written, the page in its window keeps its status line and breaks lines between words', async (t) => {
  const desk = await Desk.open(t);
  const vim = await desk.vim();
  await desk.next({ text: 'hippopotamus '.repeat(20), thinking: '' });
  await vim.command('Aside One');
  await vim.read('hippopotamus');
  await vim.rest();
  await vim.command('write named.txt');
  await vim.see('named.txt · One');
  await vim.rest();
  await vim.command('wincmd l | echo "options" &linebreak &foldmethod &wrap');
  await vim.see('options 1 expr 1');
});

test('two windows on one buffer have one conversation, and :wipe during a reply loses nothing', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('main.c');
  await vim.command('split');
  await desk.next({ deltas: 90, gate: 'go', gate_after: 33 });
  await vim.command('Aside Count');
  await vim.see('28 29');
  await vim.command('wincmd j | bwipe main.c');
  await vim.command('bwipe aside://*');
  await vim.see((screen) => !screen.includes('28 29'));
  await desk.release('go');
  await vim.command('edit main.c | AsideOpen');
  await vim.read('88 89');
});

test('a page can be opened by its name', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  let vim = await desk.vim('main.c');
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.command('qa');
  await vim.ended();
  vim = await desk.vim();
  await vim.command(`edit aside://${desk.folder}/work/main.c`);
  await vim.see('exchange 1');
  await vim.command('edit | let emptied = line("$")');
  await vim.command('while line("$") < 10 | sleep 1m | endwhile | echo "brought again" emptied');
  await vim.see(/^brought again 1$/m);
});

test('the daemon gets only buffers in which Aside was used', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  await desk.write('secret.c', 'int secret;\n');
  const vim = await desk.vim('-c', `let g:aside_command = ["sh", "-c", "tee channel.log | ${desk.folder}/asided"]`, 'secret.c', 'main.c');
  await vim.command('next | 1s/main/typed/ | write | Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('1argument | 1s/secret/hidden/ | write');
  await vim.command('echo match(readfile("channel.log"), "typed") > 0 match(readfile("channel.log"), "[s]ecret.c\\\"\\\\|[i]nt hidden")');
  await vim.see('1 -1');
});

test('a session brings the page back, and the prompt without its text', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  let vim = await desk.vim('main.c');
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('mksession page.vim | Aside');
  await vim.see('Ask about main.c');
  await vim.type('Half');
  await vim.press('Escape');
  await vim.command('mksession prompt.vim | qa');
  await vim.ended();
  vim = await desk.vim('-S', 'page.vim');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.type('\x17lgr');
  await vim.read('2/2');
  await vim.command('qa');
  await vim.ended();
  vim = await desk.vim('-S', 'prompt.vim');
  // Vim and older versions of Neovim print a message for each buffer that isn't a file, and wait for <Enter>.
  await vim.see(/Press ENTER|Ask about main.c/);
  await vim.press('Enter');
  await vim.see('Ask about main.c');
  await vim.type('iTwo');
  await vim.press('C-s');
  await vim.read('exchange 2');
});

// Asks a question, and kills Vim while the file has unsaved changes, so that Vim leaves a swap file.
async function swapped(t) {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\nint two;\n');
  let vim = await desk.vim('main.c');
  await vim.command('2Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('qa');
  await vim.ended();
  vim = await desk.vim('-c', 'set directory=. swapfile', 'main.c');
  await vim.command('s/main/lost/ | preserve | echo "kept"');
  await vim.see(/^kept/m);
  process.kill(await vim.process(), 'SIGKILL');
  await vim.ended();
  return desk;
}

const answers = { o: 'main.c 2 1', q: 'main.c 3 0' };
for (const [key, where] of Object.entries(answers)) {
  test(`the page of a file with a swap file asks nothing; <CR> in it asks, and ${key} is obeyed`, async (t) => {
    const desk = await swapped(t);
    const vim = await desk.vim('-c', 'set directory=. swapfile');
    await vim.command(`edit aside://${desk.folder}/work/main.c`);
    await vim.see('exchange 1');
    await vim.command('call search("main.c:2", "w")');
    await vim.press('Enter');
    await vim.see(/Swap file "\S*\.main\.c\.swp" already exists!/);
    await vim.type(key);
    await vim.see((screen) => !screen.includes('already exists'));
    await vim.command('echo "at" expand("%:t") line(".") &readonly');
    await vim.see(`at ${where}`);
  });
}

test('the page and the prompt have no swap file', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int main;\n');
  const vim = await desk.vim('-c', 'set directory=. swapfile', 'main.c');
  await vim.command('Aside');
  await vim.see('Ask about main.c');
  await vim.press('Escape');
  await vim.command('echo "swaps" getbufinfo()->filter({_, b -> swapname(b.bufnr) != ""})->map({_, b -> fnamemodify(b.name, ":t")}) &modeline');
  await vim.see("swaps ['main.c'] 0");
});
