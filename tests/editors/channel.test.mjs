// Tests of the messages between Vim and the daemon: no message is lost, even if it is large or many arrive fast, and
// every wait ends.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk, only } from './support/desk.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');

// Puts a program between Vim and the daemon. `relay` is code that the program runs for each `message`; in it,
// `send(bytes)` writes to Vim.
async function open(t, relay = '', ...args) {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int one;\nint two;\n');
  const between = join(desk.folder, 'between.mjs');
  await writeFile(between, `
    import { spawn } from 'node:child_process';
    const daemon = spawn('${join(desk.folder, 'asided')}', [], { stdio: ['pipe', 'pipe', 'inherit'] });
    let last = Promise.resolve();
    const asks = (message) => /"conversation\\\\?\\/ask"/.test(message.toString());  // JSON may have \\/ for /
    const send = (bytes, pause = 0) => last = last.then(() =>
      new Promise((done) => process.stdout.write(bytes, () => setTimeout(done, pause))));
    daemon.stdout.on('data', (bytes) => ${relay.includes('answer') ? '' : 'send(bytes)'}${relay.includes('answer') ? relay : ''});
    let rest = Buffer.alloc(0);
    process.stdin.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (;;) {
        const head = /^Content-Length: (\\d+)\\r\\n\\r\\n/.exec(rest.toString('latin1'));
        if (!head || rest.length < head[0].length + Number(head[1])) return;
        const message = rest.subarray(0, head[0].length + Number(head[1]));
        rest = rest.subarray(message.length);
        ${relay.includes('answer') ? '' : relay}
        daemon.stdin.write(message);
      }
    });
    process.stdin.on('end', () => daemon.stdin.end());
    daemon.on('exit', (code) => last.then(() => process.exit(code)));
  `);
  const vim = await desk.vim(...(relay === '' ? [] : ['-c', `let g:aside_command = ['node', '${between}']`]), ...args, 'main.c');
  return { desk, vim };
}

test('a reply of 3 MB ends, and is on the page', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: 'Sixty bytes of a reply that is longer than a pipe can hold. \n'.repeat(50_000) + 'End.', pace: 0, deltas: 1 });
  await vim.command('Aside Long');
  await vim.read('End.');
  await vim.rest();
  await vim.command('wincmd l | echo "lines" line("$") > 50000');
  await vim.see(/^lines 1$/m);
});

test('a message that arrives slowly and in pieces is put together', async (t) => {
  const { desk, vim } = await open(t,
    '{ const answer = bytes; send(answer.subarray(0, answer.length / 2), 400); send(answer.subarray(answer.length / 2), 400) }');
  await desk.next({ text: 'Ünfinished häлf 日本.\n'.repeat(200) + 'End.', deltas: 1 });
  await vim.command('Aside Slow');
  await vim.read('End.');
  await vim.rest();
});

test('a large transcript is not lost while keys are typed', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: 'Two hundred kilobytes of it. \n'.repeat(7000) + 'End.', pace: 0, deltas: 1 });
  await vim.command('Aside Long');
  await vim.read('End.');
  await vim.rest();
  await vim.command('bwipeout! aside://');
  await vim.type(':AsideOpen\r');
  for (let i = 0; i < 40; i++) await vim.type('jk');
  await vim.read('End.');
});

test('bytes that are no UTF-8 are sent as U+FFFD, wherever they are', async (t) => {
  const { desk, vim } = await open(t);
  await desk.write('bad.txt', Buffer.from('x \xed\xa0\xbd\xed\xb8\x80 \xc0\x80 \xf4\x90\x80\x80 \xff \xe2\x82 \xc3\xa9\n', 'latin1'));
  await vim.command('set fileencodings=utf-8 | edit ++bad=keep bad.txt | %Aside Why');
  await vim.read('exchange 1');
  await vim.rest();
  assert.match(asked(await desk.request(1)), /x \ufffd+ \ufffd+ \ufffd+ \ufffd+ \ufffd+ é/);
  await vim.command('execute "Aside And \\xed\\xa0\\xbd this"');
  await vim.read('exchange 2');
  assert.match(asked(await desk.request(2)), /And \ufffd+ this/);
});

test('an answer that names no request ends the wait, and the question is back in the prompt', async (t) => {
  const { vim } = await open(t, `if (asks(message)) {
    const body = '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no JSON","data":{"kind":"parseError"}}}';
    send('Content-Length: ' + body.length + '\\r\\n\\r\\n' + body);
    continue;
  }`);
  await vim.command('Aside Where is it?');
  await vim.see('Aside: no JSON');
  await vim.see((screen) => !screen.includes('asking...'), 'the end of the wait');
  await vim.command('Aside');
  await vim.see('Where is it?');
});

test('no answer at all ends the wait, and the question is back in the prompt', async (t) => {
  const { vim } = await open(t, "if (asks(message)) continue;");
  await vim.command('Aside Where is it?');
  await vim.see('asking...');
  await vim.see('the daemon has not answered in 20 seconds');
  assert.ok(!(await vim.screen()).includes('asking...'));
  await vim.command('Aside');
  await vim.see('Where is it?');
});

test('a program that doesn\'t speak the protocol is reported, and Vim doesn\'t wait for it', async (t) => {
  const { desk, vim } = await open(t);
  await writeFile(join(desk.folder, 'chatter'), '#!/bin/sh\nyes "I am no daemon" | head -c 20000\nexec sleep 60\n', { mode: 0o755 });
  await vim.command(`let g:aside_command = ['${join(desk.folder, 'chatter')}'] | Aside Why`);
  await vim.see('Aside: the daemon was ended');
  await vim.press('Enter');
  await vim.command('echo "told" execute("messages") =~ "Its output is not the protocol of asided: I am no daemon"');
  await vim.see('told 1');
});

test('with the locale C Aside says what to do, and nothing is sent in the wrong bytes', only('vim', 'Neovim always has UTF-8'), async (t) => {
  const desk = await Desk.open(t);
  desk.env.LC_ALL = 'C';
  await desk.write('main.c', '// ünï\n');
  const vim = await desk.vim('main.c');
  await vim.command('%Aside Why');
  await vim.see('Aside: put "set encoding=utf-8" into your vimrc');
  await writeFile(join(desk.folder, 'vimrc'), `set encoding=utf-8\n${await readFile(join(desk.folder, 'vimrc'))}`);
  const other = await desk.vim('main.c');
  await other.command('%Aside Wärum');
  await other.see('exchange 1');
  assert.match(asked(await desk.request(1)), /\/\/ ünï\n[^]*Wärum/);
});

test('timers of other plugins run while an answer is waited for', async (t) => {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int one;\n');
  await desk.write('timer.vim', `
    let g:ticks = 0
    function! Tick(_)
      let g:ticks += 1
    endfunction
    call timer_start(1, "Tick", {"repeat": -1})
  `);
  const vim = await desk.vim('-c', 'source timer.vim', 'main.c');
  await vim.command('AsideNew');
  await vim.leave();
  await vim.command('echo "error" v:errmsg "." len(timer_info())');
  await vim.see('error  . 1');
});

test('the last words of a program are its last line with words', async (t) => {
  const { desk, vim } = await open(t);
  await writeFile(join(desk.folder, 'broken'), '#!/bin/sh\nprintf "starting\\nthe disk is on fire\\n\\n" >&2\nexit 3\n', { mode: 0o755 });
  await vim.command(`let g:aside_command = ['${join(desk.folder, 'broken')}'] | Aside Why`);
  await vim.see('Aside: the daemon ended with status 3');
  await vim.press('Enter');
  await vim.command('echo "told" execute("messages") =~ "starts it again. the disk is on fire"');
  await vim.see(/^told 1$/m);
});

test('of a very long line without an end, only the last words are kept', only('nvim', 'Vim reads the lines itself'), async (t) => {
  const { desk, vim } = await open(t);
  await writeFile(join(desk.folder, 'broken'), '#!/bin/sh\nyes | tr -d "\\n" | head -c 300000 >&2\nprintf " the disk is on fire" >&2\nexit 3\n', { mode: 0o755 });
  await vim.command(`let g:aside_command = ['${join(desk.folder, 'broken')}'] | Aside Why`);
  await vim.see('Aside: the daemon ended with status 3');
  await vim.press('Enter');
  await vim.command('echo "kept" execute("messages") =~ "the disk is on fire" len(execute("messages")) < 10000');
  await vim.see(/^kept 1 1$/m);
});
