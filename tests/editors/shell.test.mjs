// Tests of the program `aside`: what it sends, its exit status, and its output. Only the reply goes to standard output;
// everything else goes to standard error.
import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { ShellDesk } from './support/shell.mjs';
import { until } from './support/terminal.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');
const answers = (text) => ({ text, thinking: '' });
const nothing_sent = async (desk) => assert.equal((await desk.requests()).length, 0);

test('the model gets the lines, standard output gets the reply, and standard error gets nothing if it is a pipe', async (t) => {
  const desk = await ShellDesk.open(t);
  await desk.next(answers('It is *short*.'));
  const { status, out, err } = await desk.aside(['main.c:2-3', 'Why is this slow?']);
  assert.equal(out, 'It is *short*.\n');
  assert.equal(err, '');  // Helix and Vim would insert it into the text
  assert.equal(status, 0);
  const question = asked(await desk.request(1));
  assert.match(question, /main\.c[^]*int two;\nint three;\n[^]*Why is this slow\?$/);
  assert.ok(!question.includes('int one;'));
});

test('a file can have any name, also one that looks like lines of another file', async (t) => {
  const desk = await ShellDesk.open(t);
  const table = [
    // argument, the file, what is sent
    ['two words.c', 'two words.c', 'two words.c'],
    ["it's \"it\".c", "it's \"it\".c", 'it'],
    ['new\nline.c', 'new\nline.c', 'new'],
    ['./-m.c', '-m.c', '-m.c'],
    ['./-', '-', 'second'],
    ['main.c:2', 'main.c:2', 'main.c:2'],
    ['odd:3:1', 'odd:3', 'odd:3'],
    ['ünï$(x)`y`%41.c', 'ünï$(x)`y`%41.c', 'ünï$(x)`y`%41.c'],
  ];
  for (const [index, [argument, file, sent]] of table.entries()) {
    await desk.write(file, `first of ${index}\nsecond\n`);
    const { status, err } = await desk.aside([argument, 'What is it?']);
    assert.equal(status, 0, err);
    const question = asked(await desk.request(index + 1));
    assert.ok(question.includes(sent) && question.includes(`first of ${index}`), question);
  }
  await desk.write('-y', 'the last\n');
  assert.equal((await desk.aside(['--', '-y', 'What is it?'])).status, 0);
  assert.match(asked(await desk.request(table.length + 1)), /the last/);
});

test('a whole file is attached once; after that, a question brings only what has changed in it', async (t) => {
  const desk = await ShellDesk.open(t);
  await desk.write('heap.c', 'int heap;\n');
  await desk.aside(['main.c', 'heap.c', 'One?']);
  assert.match(asked(await desk.request(1)), /int one;[^]*int heap;/);
  await desk.aside(['main.c', 'Two?']);
  assert.ok(!asked(await desk.request(2)).includes('int one;'));
  assert.equal((await desk.request(2)).messages.length, 3);
  await desk.write('main.c', 'int one;\nint two;\nint four;\n');
  await desk.aside(['main.c', 'Three?']);
  const third = asked(await desk.request(3));
  assert.match(third, /int four;/);
  assert.equal(third.match(/int two;/g)?.length ?? 0, (third.match(/int four;/g)).length);
});

test('each option does what --help says', async (t) => {
  const desk = await ShellDesk.open(t);
  await desk.next(answers('The first answer.'));
  await desk.aside(['main.c:1', 'Why is this slow?']);
  const line = (pattern) => new RegExp(`^${pattern}\n$`);
  const table = [
    // arguments, standard output, standard error
    [['--list'], line('\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d  \\$[\\d.]+  main\\.c  Why is this slow\\?')],
    [['--list', 'main.c'], /main\.c {2}Why is this slow\?/],
    [['--list', '.'], /main\.c {2}Why is this slow\?/],
    [['--list', '/'], /main\.c {2}Why is this slow\?/],
    [['--list', '/etc'], /^$/],
    [['--search', 'slow'], line('[-\\d: ]+  main\\.c  Why is this slow\\?\n    Why is this slow\\?')],
    [['--search', 'first answer', 'main.c'], /The first answer\./],
    [['--search', 'nowhere'], /^$/, /nothing was found/],
    [['--usage'], /^Day +File[^]*main\.c[^]*Total/],
    [['--usage', 'main.c'], /^Day +File[^]*main\.c[^]*Total/],
    [['--show', 'main.c'], /^## You · [^]*int one;[^]*Why is this slow\?[^]*The first answer\.\n$/],
    [['--show'], /^$/, /nothing has been asked about \. yet/],
    [['--preview', 'main.c:3', 'And this?'], /^# What would be sent\n[^]*int three;[^]*And this\?/],
    [['--preview', 'Anything?'], /^# What would be sent\n[^]*Anything\?/],
    [['--version'], /^aside \d+\.\d+\.\d+\n$/],
    [['--help'], /^aside \[OPTION…\][^]*--retry/],
  ];
  for (const [args, out, err = /^$/] of table) {
    const told = await desk.aside(args);
    assert.match(told.out, out, args.join(' '));
    assert.match(told.err, err, args.join(' '));
    assert.equal(told.status, 0, args.join(' '));
  }
  assert.equal((await desk.requests()).length, 1);
  await desk.next(answers('Another answer.'));
  assert.equal((await desk.aside(['--retry', 'main.c', '-m', 'haiku'])).out, 'Another answer.\n');
  assert.match((await desk.request(2)).model, /haiku/);
  assert.equal((await desk.request(2)).messages.length, 1);
  await desk.next(answers('By the way.'));
  assert.equal((await desk.aside(['--side', 'main.c:2', 'What is an rvalue?'])).out, 'By the way.\n');
  await desk.aside(['-mhaiku', 'main.c:2', 'And now?']);
  const last = await desk.request(4);
  assert.match(last.model, /haiku/);
  assert.ok(!JSON.stringify(last).includes('rvalue'));
});

test('--json prints one object in each line, and scripts can rely on its fields', async (t) => {
  const desk = await ShellDesk.open(t);
  await desk.next(answers('Yes.'));
  const objects = async (...args) => {
    const told = await desk.aside(['--json', ...args]);
    return told.out.split('\n').slice(0, -1).map((line) => JSON.parse(line));
  };
  const [answer, ...more] = await objects('main.c:1', 'Is it?');
  assert.deepEqual(more, []);
  assert.deepEqual(Object.keys(answer), ['conversation', 'cost', 'status', 'stopReason', 'text', 'turn', 'usage']);
  assert.equal(answer.text, 'Yes.');
  assert.equal(answer.status, 'complete');
  assert.equal((await objects('--show', 'main.c'))[0].turns.length, 2);
  assert.equal((await objects('--list'))[0].title, 'Is it?');
  assert.equal((await objects('--search', 'yes'))[0].turn, answer.turn);
  assert.equal((await objects('--usage'))[0].total.replies, 1);
  assert.equal((await objects('--preview', 'main.c:2', 'And?'))[0].request.messages.length, 3);
  await desk.next({ status: 401 });
  const [failed] = await objects('main.c:1', 'Is it?');
  assert.deepEqual(Object.keys(failed), ['error']);
  assert.equal(failed.error.kind, 'unauthorized');
  assert.ok(failed.error.message && failed.error.hint && failed.error.turn);
});

test('wrong usage is explained in one line, and no daemon is started', async (t) => {
  const desk = await ShellDesk.open(t);
  const table = [
    [[], /there is no question/],
    [['main.c'], /there is no question/],
    [['mian.c', 'Why?'], /there is no file mian\.c/],
    [['mian.c'], /there is no file mian\.c; if that is the question, put a blank after it/],
    [['main.c:3-2', 'Why?'], /lines count from 1/],
    [['main.c:0', 'Why?'], /lines count from 1/],
    [['--no-such', 'Why?'], /there is no option --no-such/],
    [['-x', 'Why?'], /there is no option -x/],
    [['--yes=1', 'main.c', 'Why?'], /: --yes takes no value/],
    [['--model=haiku', '-xy', 'Why?'], /there is no option -x/],
    [['--show', 'mian.c'], /there is no file mian\.c; aside --help/],
    [['-m'], /-m needs a value/],
    [['--show', '--list'], /don't go together/],
    [['--follow', 'main.c', 'Why?'], /--follow is for questions without a file/],
    [['--side', '--list'], /--side goes with a question/],
    [['--show', '-'], /standard input goes with a question/],
    [['--continue', 'main.c', 'Why?'], /no question goes with this option/],
    [['-', '-', 'Why?'], /only once/],
    [['main.c', ' '], /the question is empty/],
    [['evil\x1b[31m.c', 'Why?'], /there is no file evil\ufffd\[31m\.c/],
  ];
  for (const [args, err] of table) {
    const told = await desk.aside(args);
    assert.match(told.err, err);
    assert.match(told.err, /^aside: [^\n]+; aside --help [^\n]+\n$/);
    assert.deepEqual([told.status, told.out], [2, ''], args.join(' '));
  }
  assert.deepEqual((await readdir(desk.folder)).filter((name) => name.startsWith('daemon-of')), []);
});

test('git diff --cached | aside - /commit prints a commit message and nothing else', async (t) => {
  const desk = await ShellDesk.open(t);
  await desk.next(answers('Count from one\n\nAs people do.'));
  const { status, out } = await desk.aside(['-', '/commit'], { input: '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-0\n+1\n' });
  assert.equal(out, 'Count from one\n\nAs people do.\n');
  assert.equal(status, 0);
  assert.match(asked(await desk.request(1)), /standard input[^]*-0\n\+1\n[^]*Write the commit message/);
});

test('a question without a file begins a new conversation of the folder; with --follow it continues the last one', async (t) => {
  const desk = await ShellDesk.open(t);
  await desk.write('AGENTS.md', 'Speak Latin.\n');
  await desk.aside(['First?']);
  await desk.aside(['-', 'Second?'], { input: 'some text\n' });
  assert.equal((await desk.request(2)).messages.length, 1);
  await desk.aside(['--follow', 'Third?']);
  assert.equal((await desk.request(3)).messages.length, 3);
  // A question that isn't asked leaves no empty conversation behind. Otherwise --follow would continue that one.
  assert.equal((await desk.aside(['-', 'Secret?'], { input: 'key = sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789\n' })).status, 3);
  await desk.aside(['--follow', 'Fourth?']);
  assert.equal((await desk.request(4)).messages.length, 5);
  const { out } = await desk.aside(['--list', '.']);
  assert.deepEqual(out.split('\n').map((line) => line.split('  ').slice(2).join(' ')), ['. Second?', '. First?', '']);
  const [shown] = (await desk.aside(['--json', '--show'])).out.split('\n');
  assert.equal(JSON.parse(shown).instructions.offer.name, 'AGENTS.md');
  await mkdir(join(desk.work, 'sub'));
  await desk.aside(['--follow', 'Elsewhere?'], { cwd: join(desk.work, 'sub') });
  assert.equal((await desk.request(5)).messages.length, 1);
});

test('standard input that is huge, binary or empty is refused in one sentence, and nothing is sent', async (t) => {
  const desk = await ShellDesk.open(t);
  const table = [
    ['a'.repeat(20_000_000), /^aside: standard input has more than 16 MiB, [^\n]+; nothing was sent\n$/],
    [Buffer.from('\x7fELF\x02\x01\x00\x00', 'latin1'), /^aside: standard input is no text; nothing was sent[^\n]*\n$/],
    [Buffer.from(Array.from({ length: 900 }, (_, i) => 128 + i % 100)), /^aside: standard input is no text; nothing was sent[^\n]*\n$/],
    ['', /^aside: standard input is empty; nothing was sent\n$/],
    [' \n\n', /^aside: standard input is empty; nothing was sent\n$/],
  ];
  for (const [input, err] of table) {
    const told = await desk.aside(['-', 'What is it?'], { input });
    assert.match(told.err, err);
    assert.deepEqual([told.status, told.out], [1, '']);
  }
  await nothing_sent(desk);
  const latin = Buffer.from('The caf\xe9 is closed today.\n', 'latin1');
  assert.match((await desk.aside(['-', 'What?'], { input: latin })).err, /not UTF-8 throughout[^\n]*: 1\n/);
  assert.match(asked(await desk.request(1)), /The caf\ufffd is closed today\./);
});

test('a pipe gets the reply unchanged; a terminal gets the escape sequences of the styles, and none of the reply', async (t) => {
  const desk = await ShellDesk.open(t);
  const reply = '# Heading\n\nPlain.\n\n```c\n# no heading\n```\n';
  await desk.next(answers(reply));
  assert.equal((await desk.aside(['main.c:1', 'Say it.'], { env: { TERM: 'xterm' } })).out, reply);
  const hostile = '# Clear\x1b[2J\x1b]0;owned\x07 it\n\x9b31mred \u202egnp.exe\rover\n\ttab ok\n';
  await desk.next(answers(hostile));
  assert.equal((await desk.aside(['main.c:1', 'Say it.'])).out, hostile);

  const terminal = await desk.terminal();
  await desk.next(answers(reply));
  await terminal.enter('clear; aside main.c:1 "Say it."; echo first $?');
  await terminal.see('first 0');
  assert.match(await terminal.screen(), /aside: \$[\d.]+ · \d+ tokens in, \d+ out\n/);
  const coloured = await terminal.coloured();
  assert.match(coloured, /\x1b\[1m# Heading/);
  assert.match(coloured, /\x1b\[2m```c/);
  assert.ok(!coloured.includes('\x1b[1m# no heading'));
  for (const variable of ['NO_COLOR=1', 'TERM=dumb']) {
    await desk.next(answers(reply));
    await terminal.enter(`clear; ${variable} '${desk.program}' main.c:1 "Say it."; echo ${variable} $?`);
    await terminal.see(new RegExp(`Plain\\.[^]*${variable} 0`));
    assert.ok(!(await terminal.coloured()).includes('\x1b[1m'), variable);
  }
  await desk.next(answers(hostile));
  await terminal.enter('clear; echo before; aside main.c:1 "Say it."; echo hostile $?');
  const screen = await terminal.see('hostile 0');
  assert.match(screen, /before\n# Clear\ufffd\[2J\ufffd\]0;owned\ufffd it\n\ufffd31mred \ufffdgnp\.exe over\n {8}tab ok\n/);
  await terminal.enter('clear; aside --show main.c; echo shown $?');
  await terminal.see(/tab ok\n[^]*shown 0/);
});

test('^C and SIGTERM keep the text so far, and --continue continues the reply', async (t) => {
  const desk = await ShellDesk.open(t);
  for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]]) {
    await desk.next({ deltas: 90, thinking: '', gate: signal, gate_after: 33 });
    const child = desk.start(['-', 'Count'], { input: 'numbers\n' });
    await until(() => child.said.includes('31 32'), 'the reply');
    child.kill(signal);
    const told = await child.done;
    assert.equal(told.status, status);
    assert.match(told.out, /31 32 \n$/);
    assert.match(told.err, /stopped: aside --continue continues it\n$/);
    await desk.next(answers('and the rest'));
    const rest = await desk.aside(['--continue']);
    assert.deepEqual([rest.status, rest.out], [0, 'and the rest\n']);
  }
  assert.match(JSON.stringify((await desk.request(2)).messages), /31 32/);
});

test('the reply stops when nobody reads the output any more, but not when the terminal is closed', async (t) => {
  const desk = await ShellDesk.open(t);
  await desk.next({ deltas: 90, thinking: '', gate: 'never', gate_after: 33 });
  const child = desk.start(['main.c:1', 'Count']);
  await until(() => child.said.includes('31 32'), 'the reply');
  child.stdout.destroy();
  assert.equal((await child.done).status, 141);
  assert.match((await desk.aside(['--show', 'main.c'])).out, /31 32[^]*Cancelled/);

  await desk.next({ deltas: 90, thinking: '', gate: 'never', gate_after: 33 });
  const piped = desk.start(['-c', `'${desk.program}' main.c:1 Count | head -c 3`], { program: '/bin/sh' });
  assert.equal((await piped.done).out, '0 1');
  await until(async () => (await desk.aside(['--show', 'main.c'])).out.split('Cancelled').length === 3, 'the second end');

  await desk.next({ deltas: 90, thinking: '', gate: 'later', gate_after: 33 });
  const left = desk.start(['main.c:1', 'Count']);
  await until(() => left.said.includes('31 32'), 'the reply');
  left.kill('SIGHUP');
  assert.equal((await left.done).status, 'SIGHUP');
  await desk.release('later');
  await until(async () => /88 89/.test((await desk.aside(['--show', 'main.c'])).out), 'the whole reply');
});

test('if the output cannot be written, an error says why', async (t) => {
  const desk = await ShellDesk.open(t);
  for (const args of ['main.c Why', '--show main.c', '--json --list']) {
    const told = await desk.aside(['-c', `'${desk.program}' ${args} >/dev/full`], { program: '/bin/sh' });
    assert.match(told.err, /^aside: standard output can't be written: No space left on device$/m, args);
    assert.equal(told.status, 141, args);
  }
});

test('without a terminal, a question that needs consent is not sent, and the reasons are printed; --yes agrees to them', async (t) => {
  const desk = await ShellDesk.open(t);
  await desk.write('.env', 'PASSWORD=x\n');
  const told = await desk.aside(['main.c:1', '.env', 'Safe?']);
  assert.deepEqual([told.status, told.out], [3, '']);
  assert.match(told.err, /^aside: `\.env` may hold secrets[^\n]*\naside: nothing was sent; add --yes to agree and send it\n$/);
  const [line] = (await desk.aside(['--json', 'main.c:1', '.env', 'Safe?'])).out.split('\n');
  assert.equal(JSON.parse(line).error.reasons.length, 1);
  await nothing_sent(desk);
  assert.equal((await desk.aside(['--yes', 'main.c:1', '.env', 'Safe?'])).status, 0);
  assert.match(asked(await desk.request(1)), /PASSWORD/);
});

test('in a terminal, the user is asked for consent', async (t) => {
  const desk = await ShellDesk.open(t);
  await desk.write('.env', 'PASSWORD=x\n');
  const terminal = await desk.terminal();
  for (const [key, status] of [['n', 3], ['', 3], ['y', 0]]) {
    await terminal.enter(`clear; echo "key:${key}"; aside main.c:1 .env "Safe?" >/dev/null; echo "ended${key}" $?`);
    await terminal.see(new RegExp(`^key:${key}\n[^]*\`\\.env\` may hold secrets[^]*Send it\\? \\[y/N\\]`));
    await terminal.enter(key);
    const screen = await terminal.see(`ended${key} ${status}`);
    assert.equal(screen.match(/may hold secrets/g).length, 1);
  }
  assert.equal((await desk.requests()).length, 1);
});

test('each error message says what to do, and a question that was kept can be asked again', async (t) => {
  const desk = await ShellDesk.open(t);
  const table = [
    // what is set, standard error
    [{ ASIDED: '/not/there' }, /ASIDED, \/not\/there, can't be started: No such file[^]*Install asided/],
    [{ ASIDED: '/bin/false' }, /asided ended with status 1[^]*asided --check/],
    [{ ASIDED: '/bin/cat' }, /is not the protocol of asided[^]*Check the environment variable ASIDED/],
    [{ ANTHROPIC_API_KEY: '' }, /no key is set[^]*ANTHROPIC_API_KEY[^]*aside --retry main\.c/],
    [{ ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' }, /127\.0\.0\.1:9[^]*Check baseUrl[^]*aside --retry main\.c/],
  ];
  for (const [env, err] of table) {
    const told = await desk.aside(['main.c:1', 'Why?'], { env });
    assert.match(told.err, err);
    assert.deepEqual([told.status, told.out], [1, '']);
  }
  await nothing_sent(desk);
  assert.equal((await desk.aside(['--retry', 'main.c'])).status, 0);

  await desk.next({ deltas: 90, thinking: '', gate: 'busy', gate_after: 33 });
  const first = desk.start(['main.c:1', 'Count']);
  await until(() => first.said.includes('31 32'), 'the reply');
  const second = await desk.aside(['main.c:1', 'And?']);
  assert.match(second.err, /a reply is being written in this conversation, by aside [\d.]+\n/);
  assert.ok(!second.err.includes('--retry'));
  assert.equal(second.status, 1);
  await desk.release('busy');
  assert.equal((await first.done).status, 0);
});

test('if the daemon dies, the text so far is printed, and an error says so', async (t) => {
  const desk = await ShellDesk.open(t);
  await desk.next({ deltas: 90, thinking: '', gate: 'never', gate_after: 33 });
  const child = desk.start(['main.c:1', 'Count']);
  await until(() => child.said.includes('31 32'), 'the reply');
  // Waits until the text is in the store.
  await until(async () => /31 32/.test((await desk.aside(['--show', 'main.c'])).out), 'the stored text');
  process.kill(Number(await readFile(join(desk.folder, `daemon-of-${child.pid}`), 'utf8')), 'SIGKILL');
  const { status, out, err } = await child.done;
  assert.equal(status, 1);
  assert.match(out, /31 32 \n$/);
  assert.match(err, /asided was ended by signal 9/);
  await desk.next(answers('and the rest'));
  assert.equal((await desk.aside(['--continue', 'main.c'])).out, 'and the rest\n');
});

test('the last words of a daemon are its last line, however its output arrives', async (t) => {
  const desk = await ShellDesk.open(t);
  const program = join(desk.folder, 'broken');
  // `aside` reads 4,096 bytes at a time: the first line is read alone.
  await writeFile(program, `#!/usr/bin/env node
    require('node:fs').writeSync(2, 'x'.repeat(4095) + '\\nthe disk is on fire\\n\\n');
    process.exitCode = 1;
  `, { mode: 0o755 });
  const { status, err } = await desk.aside(['--list'], { env: { ASIDED: program } });
  assert.match(err, /asided ended with status 1; its last words: the disk is on fire\n/);
  assert.equal(status, 1);
});

test('where no more files can be open, an error says so, and the program ends', { timeout: 60_000 }, async (t) => {
  const desk = await ShellDesk.open(t);
  for (const limit of [5, 8, 10]) {
    const { status, err } = await desk.aside(['-c', `ulimit -n ${limit}; exec '${desk.program}' --list`], { program: '/bin/sh' });
    assert.match(err, /asided can't be started: no pipe to it can be made: Too many open files[^]*ulimit -n/);
    assert.equal(status, 1);
  }
});

test('if an older daemon lacks a feature, an error says that the daemon must be updated', async (t) => {
  const desk = await ShellDesk.open(t);
  await writeFile(join(desk.folder, 'old'), `#!/usr/bin/env node
    const answer = (id, result) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id, result });
      process.stdout.write('Content-Length: ' + Buffer.byteLength(body) + '\\r\\n\\r\\n' + body);
    };
    process.stdin.once('data', () => answer(1, { capabilities: { experimental: { aside: { protocol: 1, ask: true } } } }));
  `, { mode: 0o755 });
  for (const args of [['--side', 'main.c', 'Why?'], ['--preview', 'Why?'], ['--search', 'x'], ['--continue']]) {
    const told = await desk.aside(args, { env: { ASIDED: join(desk.folder, 'old') } });
    assert.match(told.err, /this asided is older than this program[^]*Update asided/);
    assert.equal(told.status, 1);
  }
});

test('without a question, an editor opens a private file for it; the editor gets no API key, and the file is removed', async (t) => {
  const desk = await ShellDesk.open(t);
  await writeFile(join(desk.folder, 'editor'), `#!/bin/sh
    ls -ld "$(dirname "$2")" >'${desk.folder}/mode'; cp "$2" '${desk.folder}/before'; env >'${desk.folder}/env'; echo "$2" >'${desk.folder}/name'
    [ "$1" = empty ] || { echo "What is *this*?"; cat '${desk.folder}/before'; } >"$2"
  `, { mode: 0o755 });
  const terminal = await desk.terminal({ EDITOR: `${desk.folder}/editor full`, TMPDIR: desk.folder });
  await terminal.enter('echo piped | aside main.c:2-3 -; echo asked $?');
  await terminal.see('asked 0');
  assert.match(asked(await desk.request(1)), /int two;\nint three;[^]*piped[^]*What is \*this\*\?$/);
  assert.match(await readFile(join(desk.folder, 'mode'), 'utf8'), /^drwx------/);
  assert.match(await readFile(join(desk.folder, 'before'), 'utf8'), /main\.c:2-3\n {2}standard input, 6 bytes\n$/);
  assert.ok(!(await readFile(join(desk.folder, 'env'), 'utf8')).includes('sk-ant-test'));
  const name = (await readFile(join(desk.folder, 'name'), 'utf8')).trim();
  await assert.rejects(readFile(name));

  await terminal.enter(`clear; VISUAL='${desk.folder}/editor empty' aside main.c; echo empty $?`);
  await terminal.see(/the question is empty; nothing was asked\n[^]*empty 1/);
  // What was typed isn't lost if it can't be asked.
  await terminal.enter('clear; ASIDED=/not/there aside main.c; echo kept $?');
  await terminal.see(/your question is kept in [^]*kept 1/);
  const kept = (await readFile(join(desk.folder, 'name'), 'utf8')).trim();
  assert.match(await readFile(kept, 'utf8'), /What is \*this\*\?/);
});

test('the man page and the completions have each option, and the man page causes no warning', async (t) => {
  const desk = await ShellDesk.open(t);
  const folder = new URL('../../editors/shell/', import.meta.url);
  const text = async (name) => (await readFile(new URL(name, folder), 'utf8')).replaceAll(/^\.It Fl (\w , )?-/gm, '--');
  const options = (await desk.aside(['--help'])).out.match(/(?<=  )--[a-z]+|(?<=, )--[a-z]+/g);
  assert.equal(options.length, 14);
  for (const name of ['aside.1', 'completions/aside.bash', 'completions/_aside', 'completions/aside.fish']) {
    const page = await text(name);
    const has = (option) => page.includes(option) || page.includes(`-l ${option.slice(2)} `);
    for (const option of options) assert.ok(has(option), `${name} lacks ${option}`);
  }
  const checks = ['-c', 'command -v man >/dev/null || exit 0; man --warnings -E UTF-8 -l "$1" 2>&1 >/dev/null', 'sh'];
  const path = fileURLToPath(new URL('aside.1', folder));
  assert.equal((await desk.aside([...checks, path], { program: '/bin/sh' })).out, '');

  const complete = async (...words) => (await desk.aside(['--norc', '-c', `
    source '${fileURLToPath(new URL('completions/aside.bash', folder))}'
    compopt() { :; }
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _aside; printf '%s\\n' "\${COMPREPLY[@]}"`, 'bash', 'aside', ...words],
    { program: '/bin/bash' })).out.trim().split('\n').sort();
  assert.deepEqual(await complete('--s'), ['--search', '--show', '--side']);
  assert.deepEqual(await complete('-m', 'h'), ['haiku']);
  assert.deepEqual(await complete('ma'), ['main.c']);
  assert.deepEqual(await complete('-', '/com'), ['/commit']);
  assert.deepEqual(await complete('--search', 'ma'), ['']);
});

test('an open Vim shows the answer while it is written', async (t) => {
  const desk = await ShellDesk.open(t);
  const vim = await desk.vim('main.c');
  await vim.command('AsideOpen');
  await vim.see('Nothing has been asked about main.c yet.');
  await desk.next({ deltas: 90, thinking: '', gate: 'vim', gate_after: 33 });
  const child = desk.start(['main.c:2', 'Count in the shell']);
  await vim.read('Count in the shell');
  await vim.read('31 32');
  await desk.release('vim');
  await vim.read('88 89');
  assert.equal((await child.done).status, 0);
  await vim.rest();
});
