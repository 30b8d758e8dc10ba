// Tests of the way from an answer to the file: rewrite, apply and review. Vim gets typed keys, and the bytes of the
// file are compared.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');
const fenced = (code, info = 'c', fence = '```') => `Here it is:\n\n${fence}${info}\n${code}${fence}\n\nThat is all.\n`;
const lines = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => `int line${from + i};\n`).join('');

const code = '#include <string.h>\n\nint first(const char *s) {\n  int n = 0;\n  while (s[n]) n++;\n  return n;\n}\n\n'
  + 'int second(void) {\n  return 2;\n}\n';
const newFirst = 'int first(const char *s) {\n  return strlen(s);\n}\n';
const rewritten = code.replace(/int first[^]*?\n}\n/, newFirst);

async function open(t, text = code, ...args) {
  const desk = await Desk.open(t);
  await desk.write('main.c', text);
  return { desk, vim: await desk.vim(...args, 'main.c') };
}

const onDisk = (desk, name = 'main.c') => readFile(join(desk.folder, 'work', name), 'latin1');
const bytes = (text) => Buffer.from(text).toString('latin1');

// Writes the file from the file's window and returns its bytes. Each call prints other words on the screen, so that the
// test waits for this write.
let writes = 0;
async function written(desk, vim, name = 'main.c') {
  await vim.command(`echo bufname()`);
  await vim.see(new RegExp(`^${name}$`, 'm'));
  await vim.command(`silent write | echo "on the disk" ${++writes}`);
  await vim.see(new RegExp(`^on the disk ${writes}$`, 'm'));
  return await onDisk(desk, name);
}

// Types u, and then does the same as `written`.
async function undone(desk, vim, name = 'main.c') {
  await vim.type('u');
  return await written(desk, vim, name);
}

// Asks for a rewrite of these lines, for which the stand-in answers `reply`, and waits for the review.
async function rewrite(desk, vim, range, reply) {
  await desk.next({ text: reply, thinking: '' });
  await vim.command(`${range}AsideRewrite make it better`);
  await vim.see(/Proposal for/);
}

// Types a change, and waits until Insert mode has ended.
async function edit(vim, keys) {
  await vim.type(`${keys}\x1b`);
  await vim.command('echo "typed"');
  await vim.see(/^typed$/m);
}

// Prints these expressions when Vim is idle. By then, the windows of a review that has ended have been closed.
const echoAtRest = (vim, expressions) => vim.command(`autocmd SafeState * ++once echo ${expressions}`);

test('a rewrite streams into the page, is reviewed beside the file, and is taken and undone in one step', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: fenced(newFirst), thinking: '', gate: 'go', gate_after: 3 });
  await vim.command('3,7AsideRewrite use strlen');
  await vim.read('use strlen');
  await vim.read('lines 3-7 of main.c');
  await desk.release('go');
  await vim.see('Proposal for main.c  ]c next  dp take  :w all  :q leave');
  assert.match(asked(await desk.request(1)), /int first[^]*use strlen[^]*lines 3-7 of main\.c/);
  await vim.command('echo "diff" &diff &buftype &modified &filetype == "" &syntax &modeline tabpagenr("$")');
  await vim.see(/^diff 1 acwrite 0 1 c 0 2$/m);
  await vim.command('w');
  await vim.see('Aside: the file has the change now; u in main.c undoes it');
  assert.equal(await onDisk(desk), code);
  await vim.command('q');
  await echoAtRest(vim, '"tabs" tabpagenr("$") winnr()');
  await vim.see(/^tabs 1 1$/m);
  assert.equal(await written(desk, vim), rewritten);
  await vim.command('AsideApply');
  await vim.see('Aside: main.c has this text already');
  assert.equal(await undone(desk, vim), code);
});

const forms = {
  'CRLF': [code.replaceAll('\n', '\r\n'), '3,7', fenced(newFirst), rewritten.replaceAll('\n', '\r\n')],
  'mixed line ends': [code.replace('= 0;\n', '= 0;\r\n').replace('2;\n', '2;\r\n'), '3,7',
    fenced(newFirst), rewritten.replace('(s);\n', '(s);\r\n').replace('2;\n', '2;\r\n')],
  'no newline at the end': [code.slice(0, -1), '9,11', fenced('int second(void) {\n  return 3;\n}\n'), code.slice(0, -1).replace('2;', '3;')],
  'tabs': [code.replaceAll('  ', '\t'), '3,7', fenced(newFirst.replaceAll('  ', '\t')), rewritten.replaceAll('  ', '\t')],
  'NBSP': [code.replace('= 0;', '=\u00a00; // «a»'), '9,11', fenced('int second(void) {\n  return\u00a03;\n}\n'),
    code.replace('= 0;', '=\u00a00; // «a»').replace('return 2', 'return\u00a03')],
  'fences in the code': ['# A\n\n```c\nint x;\n```\n\nEnd.\n', '3,5', fenced('```c\nint y;\n```\n', 'markdown', '````'), '# A\n\n```c\nint y;\n```\n\nEnd.\n'],
  'one line': [code, '10', fenced('  return 3;\n'), code.replace('2;', '3;')],
  'empty lines at both ends': [code, '10', fenced('\n  return 3;\n\n'), code.replace('  return 2;\n', '\n  return 3;\n\n')],
  'the last line': [code, '11', fenced('} // second\n'), code.slice(0, -1) + ' // second\n'],
  'an empty file': ['', '%', fenced('int x;\nint y;\n'), 'int x;\nint y;\n'],
  'a byte order mark': ['\ufeff' + code, '3,7', fenced(newFirst), '\ufeff' + rewritten],
  'lines to be deleted': [code, '8,11', fenced('\n'), code.slice(0, code.indexOf('\nint second')) + '\n'],
};
for (const [form, [before, range, reply, after]] of Object.entries(forms)) {
  test(`${form}: taken, nothing outside the hunks changes, and one u gives back the same bytes`, async (t) => {
    const { desk, vim } = await open(t, before, '-c', 'set nofixendofline');
    await rewrite(desk, vim, range, reply);
    await vim.type('ZZ');
    assert.equal(await written(desk, vim), bytes(after));
    assert.equal(await undone(desk, vim), bytes(before));
  });
}

for (const encoding of ['latin1', 'cp1251']) {
  test(`${encoding}: the file keeps its encoding`, async (t) => {
    const desk = await Desk.open(t);
    const word = encoding === 'latin1' ? 'é' : 'ж';
    const encode = (text) => text.replaceAll(word, encoding === 'latin1' ? '\xe9' : '\xe6');
    await desk.write('main.c', Buffer.from(encode(`// ${word}\n${code}`), 'latin1'));
    const vim = await desk.vim('-c', `edit ++enc=${encoding}`, 'main.c');
    await rewrite(desk, vim, '4,8', fenced(newFirst.replace('(s);', `(s); // ${word}`)));
    await vim.type('ZZ');
    assert.equal(await written(desk, vim), encode(`// ${word}\n${rewritten.replace('(s);', `(s); // ${word}`)}`));
    assert.equal(await undone(desk, vim), encode(`// ${word}\n${code}`));
  });
}

test('of three hunks one is taken, one changed in the proposal, one left; the next request says exactly that', async (t) => {
  const { desk, vim } = await open(t, lines(1, 30));
  const proposed = lines(1, 30).replace('line3;', 'three;').replace('line15;', 'fifteen;').replace('line27;', 'twentyseven;');
  await rewrite(desk, vim, '%', fenced(proposed));
  await vim.type('dp]ccwlong\x1b');
  await vim.type('dp');
  await vim.command('q!');
  await echoAtRest(vim, '"tabs" tabpagenr("$") &diff');
  await vim.see(/^tabs 1 0$/m);
  const taken = lines(1, 30).replace('line3;', 'three;').replace('int line15;', 'long fifteen;');
  assert.equal(await written(desk, vim), taken);
  await vim.command('Aside And now?');
  const update = asked(await desk.request(2));
  assert.match(update, /-int line3;\n\+int three;/);
  assert.match(update, /-int line15;\n\+long fifteen;/);
  assert.ok(!update.includes('twentyseven'), update);
  await vim.command('undo');
  await vim.command('undo');
  await vim.command('write');
  await vim.see(/written$/m);
  assert.equal(await onDisk(desk), lines(1, 30));
});

test('a hunk is dropped with do in the proposal, another taken with dp, and :w takes what the proposal holds', async (t) => {
  const { desk, vim } = await open(t, lines(1, 30));
  await rewrite(desk, vim, '%', fenced(lines(1, 30).replace('line3;', 'three;').replace('line15;', 'fifteen;').replace('line27;', 'twentyseven;')));
  await vim.type('dp]c');
  await vim.type('do]c');
  await vim.command('wq');
  assert.equal(await written(desk, vim), lines(1, 30).replace('line3;', 'three;').replace('line27;', 'twentyseven;'));
});

test('what is taken twice are two steps, and a mark between the hunks stays on its line', async (t) => {
  const { desk, vim } = await open(t, lines(1, 30));
  await vim.command('15mark a');
  await rewrite(desk, vim, '%', fenced(lines(1, 30).replace('int line3;', 'int three;\nint more;').replace('line27;', 'twentyseven;')));
  await vim.command('w');
  await vim.see('Aside: the file has the change now');
  await vim.command('call deletebufline(bufnr(), 27) | w');
  await vim.command('q');
  await vim.command(`echo "mark" getline("'a")`);
  await vim.see(/^mark int line15;$/m);
  await vim.type('u');
  assert.equal(await written(desk, vim), lines(1, 30).replace('int line3;', 'int three;\nint more;').replace('line27;', 'twentyseven;'));
  assert.equal(await undone(desk, vim), lines(1, 30));
});

test(':wa skips a proposal that was not changed, :q leaves it, and nothing has happened', async (t) => {
  const { desk, vim } = await open(t);
  await rewrite(desk, vim, '3,7', fenced(newFirst));
  await vim.command('wa');
  await vim.command('q');
  await echoAtRest(vim, '"state" &modified tabpagenr("$") bufname() len(getbufinfo({"bufloaded": 1}))');
  await vim.see(/^state 0 1 main\.c 2$/m);
  assert.equal(await onDisk(desk), code);
});

test('if the file has changed since, :w and ZZ refuse and say how to insist, and :w! takes the text', async (t) => {
  const { desk, vim } = await open(t);
  await rewrite(desk, vim, '3,7', fenced(newFirst));
  await vim.type('\x17hGoint typed;\x1b\x17l');
  await vim.command('w');
  await vim.see('Aside: :w! takes this text anyway (main.c has changed since it was proposed)');
  await vim.type('ZZ');
  await vim.command('echo "still" &buftype');
  await vim.see(/^still acwrite$/m);
  await vim.type('Go// mine\x1b');
  await vim.command('wq');
  await vim.press('Enter');
  await vim.command('echo "here" &buftype &modified');
  await vim.see(/^here acwrite 1$/m);
  await vim.command('w!');
  await vim.see('Aside: the file has the change now');
  await vim.command('q');
  assert.equal(await written(desk, vim), rewritten + '// mine\n');
  assert.equal(await undone(desk, vim), code + 'int typed;\n');
});

test('a :wq that is refused leaves the review as it is; closing one of its windows in any way closes the review', async (t) => {
  const { desk, vim } = await open(t);
  await rewrite(desk, vim, '3,7', fenced(newFirst));
  await vim.command('call appendbufline("main.c", "$", "int typed;")');
  await vim.command('wq');
  await vim.see('Aside: :w! takes this text anyway');
  await vim.command('echo "windows" &buftype winnr("$") tabpagenr("$")');
  await vim.see(/^windows acwrite 2 2$/m);
  await vim.command('call deletebufline("main.c", "$")');
  for (const keys of ['\x17c', '\x17h:q\r', ':tabclose\r', ':q!\r', ':close\r', 'ccx\x1bZQ', '\x17h:wq\r', ':wq\r', ':x\r']) {
    await vim.type(keys);
    await echoAtRest(vim, '"in" bufname() tabpagenr("$") winnr("$") &diff');
    await vim.see(/^in main\.c 1 2 0$/m);
    await vim.command(keys === ':wq\r' ? 'undo | AsideApply' : 'AsideApply');
    await vim.see(/Proposal for main/);
  }
});

test('text that is typed while a rewrite streams survives, and one line says that the new text is ready', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: fenced(newFirst), thinking: '', gate: 'go', gate_after: 3 });
  await vim.command('3,7AsideRewrite use strlen');
  await vim.read('Here it is');
  await vim.type('ggO// typed');
  await desk.release('go');
  await vim.see('the new text is ready: :AsideApply');
  await vim.type(' on\x1b');
  await vim.see('Aside: the new text for main.c is ready: :AsideApply shows it');
  await vim.type('Go// below\x1b');
  await vim.command('AsideApply');
  await vim.see('Proposal for main.c');
  await vim.type('ZZ');
  assert.equal(await written(desk, vim), `// typed on\n${rewritten}// below\n`);
});

test('a change in the chosen lines is merged with the proposal', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: fenced(rewritten), thinking: '', gate: 'go', gate_after: 3 });
  await vim.command('%AsideRewrite use strlen');
  await vim.read('Here it is');
  await edit(vim, '10Gcc  return 5;');
  await desk.release('go');
  await vim.see('Proposal for main.c');
  await vim.type('ZZ');
  assert.equal(await written(desk, vim), rewritten.replace('2;', '5;'));
});

test('a conflict shows both versions and takes neither, until the marker lines are gone', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: fenced(newFirst), thinking: '', gate: 'go', gate_after: 3 });
  await vim.command('3,7AsideRewrite use strlen');
  await vim.read('Here it is');
  await edit(vim, '5Gcc  while (s[n] != 0) n++;');
  await desk.release('go');
  await vim.see('main.c: you and Claude changed this. Choose, then :w');
  for (const part of ['<<<<<<< yours', '||||||| shared', '>>>>>>> proposed', '!= 0', 'strlen(s)']) await vim.command(`call search("${part}", "w")`);
  await vim.see('>>>>>>> proposed');
  for (const keys of [':w\r', ':w!\r', 'ZZ', ':wq\r']) {
    await vim.type(keys);
    await vim.see('Aside: choose one of the two versions first');
    await vim.press('Enter');
    await vim.command('echo "in" &buftype &diff');
    await vim.see(/^in acwrite 0$/m);
  }
  await vim.command('echo ""');
  await vim.type('dp');
  await vim.see('Aside: choose one of the two versions first');
  await vim.command('g/^<<<<<<< yours/,/^=======/d');
  await vim.command('g/^>>>>>>> proposed/d');
  await vim.see('Proposal for main.c');
  await vim.command('echo "compared" &diff');
  await vim.see(/^compared 1$/m);
  await vim.command('wq');
  assert.equal(await written(desk, vim), rewritten);
});

test('a conflict among mixed line ends is seen, also when u brings it back', async (t) => {
  const text = `int above;\n${code.replaceAll('\n', '\r\n')}`;
  const { desk, vim } = await open(t, text);
  await desk.next({ text: fenced(newFirst), thinking: '', gate: 'go', gate_after: 3 });
  await vim.command('4,8AsideRewrite use strlen');
  await vim.read('Here it is');
  await edit(vim, '6Gcc  while (s[n] != 0) n++;\x16\r');
  await desk.release('go');
  await vim.see('main.c: you and Claude changed this. Choose, then :w');
  const choose = 'execute "g/^<<<<<<< yours/,/^=======/d" | undojoin | g/^>>>>>>> proposed/d';
  for (const [command, diff] of [['w', 0], [choose, 1], ['undo', 0], ['redo', 1]]) {
    await vim.command(command);
    await vim.see(diff ? 'Proposal for main.c  ' : 'you and Claude changed this');
    await vim.command('echo "diff" &diff getwinvar(1, "&diff")');
    await vim.see(new RegExp(`^diff ${diff} ${diff}$`, 'm'));
  }
  await vim.command('wq');
  assert.equal(await written(desk, vim), `int above;\n${rewritten.replaceAll('\n', '\r\n')}`);
});

test('a file with lines of its own that look like markers can be changed', async (t) => {
  const text = 'Title\n=======\n\nOld text.\n';
  const { desk, vim } = await open(t, text);
  await rewrite(desk, vim, '4', fenced('New text.\n', ''));
  await vim.type('ZZ');
  assert.equal(await written(desk, vim), text.replace('Old', 'New'));
});

test('AsideRetry gives another proposal for the same lines', async (t) => {
  const { desk, vim } = await open(t);
  await rewrite(desk, vim, '3,7', fenced('int first(const char *s) { return 0; }\n'));
  await vim.command('q');
  await vim.see((screen) => !screen.includes('Proposal for'), 'the end of the first review');
  await vim.type('ggO// above\x1b');
  await desk.next({ text: fenced(newFirst), thinking: '' });
  await vim.command('AsideRetry');
  await vim.see('Proposal for main.c');
  await vim.type('ZZ');
  assert.equal(await written(desk, vim), '// above\n' + rewritten);
});

test('AsideRetry in a review shows the other proposal in its place', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('tabnew | tabfirst');
  await rewrite(desk, vim, '3,7', fenced('int first(const char *s) { return 0; }\n'));
  await desk.next({ text: fenced(newFirst), thinking: '', gate: 'go', gate_after: 2 });
  await vim.command('AsideRetry');
  await vim.see('Proposal for main.c; another reply is being written');
  await desk.release('go');
  await vim.see(/return strlen\(s\);[^]*Proposal for main\.c {2}/);
  await vim.command('echo "windows" tabpagenr("$") winnr("$")');
  await vim.see(/^windows 3 2$/m);
  await vim.type('ZZ');
  await echoAtRest(vim, '"windows" tabpagenr("$") winnr("$")');
  await vim.see(/^windows 2 2$/m);
  assert.equal(await written(desk, vim), rewritten);
});

test('a session that is saved in a review restores the file, and nothing is written', async (t) => {
  const { desk, vim } = await open(t);
  await rewrite(desk, vim, '3,7', fenced(newFirst));
  await vim.command('mksession session.vim | qa');
  await vim.ended();
  const again = await desk.vim('-S', 'session.vim');
  await again.see(/int first|Press ENTER/);
  await again.press('Enter');
  await again.see('int first');
  await again.command('silent! wall');
  await again.command('echo "errors" v:errmsg');
  await again.see(/^errors( |$)/m);
  assert.deepEqual((await readdir(join(desk.folder, 'work'))).sort(), ['main.c', 'session.vim']);
  assert.equal(await onDisk(desk), code);
});

test('a buffer in which the daemon counts other lines is left alone', async (t) => {
  const { desk, vim } = await open(t, code.replace('2;\n', '2;\r  // other line\n'));
  await vim.command('3,7AsideRewrite x');
  await vim.see("Aside: lines can't be rewritten in a buffer with carriage returns inside of its lines");
  await ask(desk, vim, fenced(code.slice(code.indexOf('int first'), code.indexOf('\nint second')).replace('n++', 'n += 1')));
  await vim.type('ga');
  await vim.see('Aside: main.c has carriage returns inside of its lines: change it by hand');
  assert.equal((await desk.requests()).length, 1);
});

test('without an instruction the prompt takes it; a motion and a selection choose the lines', async (t) => {
  const { desk, vim } = await open(t, code, '-c', 'nmap gR <Plug>(aside-rewrite-operator)', '-c', 'xmap gR <Plug>(aside-rewrite)');
  await desk.next({ text: fenced(newFirst), thinking: '' });
  await vim.type('3GgRip');
  await vim.see('This asks for the new text of lines 3-7 of main.c');
  await vim.see('Say how to rewrite lines 3-7');
  await vim.type('use strlen');
  await vim.press('C-s');
  await vim.see('Proposal for main.c');
  await vim.type('ZZ');
  assert.equal(await written(desk, vim), rewritten);
  await desk.next({ text: fenced('  return 3;\n'), thinking: '' });
  await vim.command('/return 2');
  await vim.type('VgR');
  await vim.see(":'<,'>AsideRewrite");
  await vim.type('three\r');
  await vim.see('Proposal for main.c');
  await vim.type('ZZ');
  assert.equal(await written(desk, vim), rewritten.replace('2;', '3;'));
});

test('K in the prompt shows what a rewrite would send', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('3,7AsideRewrite');
  await vim.see('Say how to rewrite lines 3-7');
  await vim.type('use strlen\x1b');
  await vim.see((screen) => !screen.includes('-- INSERT --'));
  await vim.type('K');
  await vim.see('To claude-opus-5-5: ');
  await vim.command('call search("whole new text") | normal! zt');
  await vim.see('Give the whole new text of lines 3-7');
  assert.deepEqual(await desk.requests(), []);
});

test('lines that were changed while the instruction was written have to be chosen again', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('3,7AsideRewrite');
  await vim.see('Say how to rewrite lines 3-7');
  await vim.type('use strlen\x1b');
  await vim.command('call appendbufline("main.c", 0, "// above")');
  await vim.command('w');
  await vim.see('Aside: the lines have changed since you chose them');
  assert.deepEqual(await desk.requests(), []);
});

// Asks about the whole file, and goes to the reply in the page.
async function ask(desk, vim, text, question = '%Aside Better') {
  await desk.next({ text, thinking: '' });
  await vim.command(question);
  await vim.read('That is all.');
  await vim.rest();
  await vim.command('wincmd l');
}

test('ga puts the block under the cursor into the file; elsewhere on the page all of the reply', async (t) => {
  const { desk, vim } = await open(t);
  const second = 'int second(void) {\n  return 3;\n}\n';
  await ask(desk, vim, `First:\n\n\`\`\`c\n${newFirst.replace('return strlen(s);', 'int n = 0;\n  while (s[n]) n += 1;\n  return n;')}\`\`\`\n\nSecond:\n\n\`\`\`c\n${second}\`\`\`\n\nThat is all.\n`);
  await vim.command('call search("return 3")');
  await vim.type('ga');
  await vim.see('Proposal for main.c');
  await vim.type('ZZ');
  await vim.command('echo "back" &filetype | wincmd h');
  await vim.see(/^back aside$/m);
  assert.equal(await written(desk, vim), code.replace('2;', '3;'));
  await vim.type('u');
  await vim.command('wincmd l | call search("That is all")');
  await vim.type('ga');
  await vim.see('Proposal for main.c');
  await vim.type('ZZ');
  await vim.command('wincmd h');
  assert.equal(await written(desk, vim), code.replace('2;', '3;').replace('n++', 'n += 1'));
});

test('the blocks for several files are a list to go through', async (t) => {
  const { desk, vim } = await open(t);
  await desk.write('other.c', 'int other(void) {\n  return 7;\n}\n');
  await vim.command('AsideAdd other.c');
  await vim.see('will go with the next question');
  await ask(desk, vim, 'a\n\n```c\nint second(void) {\n  return 3;\n}\n```\n\nb\n\n```c\nint other(void) {\n  return 8;\n}\n```\n\n'
    + 'c\n\n```c\nvoid unknown(void) {\n}\n```\n\nThat is all.\n');
  await vim.type('ga');
  await vim.see(/^main\.c\|\| 1 change$/m);
  await vim.see(/^other\.c\|\| 1 change$/m);
  await vim.see(/not placed: /);
  await vim.command('cc 1');
  await vim.see('Proposal for main.c');
  await vim.type('ZZ');
  await vim.command('cnext');
  await vim.see('Proposal for other.c');
  await vim.command('w');
  await vim.see('Aside: the file has the change now');
  await vim.command('q');
  await echoAtRest(vim, '"texts" getbufline("main.c", 10) getbufline("other.c", 2) tabpagenr("$")');
  await vim.see("texts ['  return 3;'] ['  return 8;'] 1");
  await vim.command('cnext | echo "at" &filetype getline(".")');
  await vim.see(/^at aside ```c$/m);
});

for (const name of ['../../etc/passwd', '/etc/passwd', 'unshared.c']) {
  test(`a block for ${name} is refused, with the reason and the way out`, async (t) => {
    const { desk, vim } = await open(t);
    await desk.write('unshared.c', code);
    await ask(desk, vim, fenced(code.replace('2;', '3;'), `c:${name}`));
    await vim.type('ga');
    await vim.see(/which was not shared/);
    await vim.see(':Aside /blocks asks for the change in a form that fits.');
    await vim.command('echo "tabs" tabpagenr("$")');
    await vim.see(/^tabs 1$/m);
    assert.equal(await onDisk(desk, 'unshared.c'), code);
  });
}

test('a block that has no place says why; /blocks asks for it in a form that fits, and that is applied', async (t) => {
  const { desk, vim } = await open(t);
  await ask(desk, vim, fenced('void unknown(void) {\n  /* … */\n}\n'));
  await vim.type('ga');
  await vim.see('(:Aside /blocks)');
  await ask(desk, vim, fenced('<<<<<<< SEARCH\n  return 2;\n=======\n  return 3;\n>>>>>>> REPLACE\n'), 'Aside /blocks');
  await vim.type('ga');
  await vim.see('Proposal for main.c');
  await vim.type('ZZ');
  await vim.command('wincmd h');
  assert.equal(await written(desk, vim), code.replace('2;', '3;'));
});

test('a message says when the file has the text already, and when a reply has no code', async (t) => {
  const { desk, vim } = await open(t);
  await ask(desk, vim, fenced('int second(void) {\n  return 2;\n}\n'));
  await vim.type('ga');
  await vim.see('Aside: main.c has this text already');
  await ask(desk, vim, 'No code. That is all.', 'Aside Nothing?');
  await vim.command('$');
  await vim.type('ga');
  await vim.see('Aside: there is no code block in this reply');
});

test('a rewrite is kept when the daemon is killed; Continue works, and its proposal is refused', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ text: fenced(newFirst), thinking: '', gate: 'never', gate_after: 5 });
  await vim.command('3,7AsideRewrite use strlen');
  const other = await desk.vim('main.c');
  await other.command('AsideOpen');
  await other.read('```c int');  // when another Vim shows the reply, it is stored
  await vim.killDaemon();
  await vim.see('the daemon was ended');
  await desk.next({ text: '  return strlen(s);\n}\n```\n\nThat is all.\n', thinking: '' });
  await vim.command('AsideContinue');
  await vim.read('That is all.');
  await vim.rest();
  await vim.command('AsideApply');
  await vim.see(/Aside: .*ask for the whole block once more/);
  await vim.command('write');
  assert.equal(await onDisk(desk), code);
});

test('a fence inside a fence of the same length is never taken for the whole text', async (t) => {
  const { desk, vim } = await open(t, '# A\n\nText.\n');
  await desk.next({ text: '```markdown\n# A\n\n```c\nint y;\n```\n\nEnd.\n```\n\nThat is all.\n', thinking: '' });
  await vim.command('%AsideRewrite with an example');
  await vim.read('That is all.');
  await vim.see(/Aside: .*(fence|block)/);
  await vim.command('echo "tabs" tabpagenr("$") getline(1, "$")');
  await vim.see(/^tabs 1 \['# A', '', 'Text\.'\]$/m);
});

test('a buffer without a name is rewritten, too', async (t) => {
  const { desk, vim } = await open(t);
  await vim.command('enew');
  await vim.type('iint one;\x1b');
  await rewrite(desk, vim, '1', fenced('int two;\n'));
  await vim.type('ZZ');
  await vim.command('echo "text" getline(1, "$") bufname() == ""');
  await vim.see(/^text \['int two;'\] 1$/m);
});

test('a daemon that can do none of this is not asked to, and the keys are not offered', async (t) => {
  const { desk, vim } = await open(t);
  await writeFile(join(desk.folder, 'old.mjs'), `process.stdin.on('data', (bytes) => process.stdout.write(
    bytes.toString('latin1').replace(/"(edits|rewrite|side|wanted|marks)":true/g, (flag) => flag.replace(/"./, '"_')), 'latin1'));`);
  await writeFile(join(desk.folder, 'old'), `${desk.folder}/asided | '${process.execPath}' ${desk.folder}/old.mjs`);
  await vim.command(`let g:aside_command = ['sh', '${desk.folder}/old']`);
  for (const command of ['AsideRewrite x', 'AsideBtw x', 'AsideApply', 'AsideWanted', 'AsideHere']) {
    await vim.command(`echo "" | ${command}`);
    await vim.see(/Aside: sh is older than this plugin and can't do that: update it/);
  }
  await vim.command('AsideOpen');
  await vim.read('Nothing has been asked');
  await vim.command('wincmd l');
  await vim.type('g?');
  const keys = await vim.see('write a question');
  assert.ok(!/ g[ashw] /.test(keys), keys);
  assert.deepEqual(await desk.requests(), []);
});

const evil = ['`touch PWNED`.c', "x'|call system('touch PWNED')|'.c", '%{system("touch PWNED")}.c', '+silent!touch PWNED.c', 'x\n|call system("touch PWNED")|\n.c', 'x.zip'];
for (const name of evil) {
  test(`a file called ${JSON.stringify(name)} is reviewed, and its name runs nothing`, async (t) => {
    const desk = await Desk.open(t);
    await desk.write(name, code);
    const vim = await desk.vim('--cmd', 'let g:loaded_zipPlugin = 1', '-c', 'autocmd BufReadCmd,BufWriteCmd *.zip call writefile([], "PWNED")', '-c', 'noautocmd execute "edit" fnameescape(readdir(".")[0])');
    await rewrite(desk, vim, '3,7', fenced(newFirst));
    await vim.command('wq');
    await echoAtRest(vim, '"text" getline(4) winnr("$")');
    await vim.see(/^text {3}return strlen\(s\); 2$/m);
    assert.deepEqual((await readdir(join(desk.folder, 'work'))).filter((one) => one.startsWith('PWNED')), []);
  });
}

test('nothing in a proposal is evaluated: no modeline, no tool of its language', async (t) => {
  const { desk, vim } = await open(t, code, '-c', 'set modeline modelines=5', '-c', 'let types = []', '-c', 'autocmd FileType * call add(types, &filetype)');
  await rewrite(desk, vim, '9,11', fenced('int second(void) {\n  return 3;\n}\n// vim: set foldexpr=writefile([],"PWNED") foldmethod=expr ft=python tabstop=17 :\n'));
  await vim.command('echo "options" &l:tabstop &l:filetype &l:foldmethod types bufname()[: 16]');
  await vim.see(/^options 8 {2}diff \['aside'\] aside-proposal:\/\/$/m);
  await vim.type('ZZ');
  assert.deepEqual((await readdir(join(desk.folder, 'work'))), ['main.c']);
});

test('a filetype that is no language loads no script for the proposal', async (t) => {
  const { desk, vim } = await open(t, code, '-c', 'noautocmd set filetype=nosyntax');
  await rewrite(desk, vim, '3,7', fenced(newFirst));
  await vim.command('echo "syntax" &syntax exists("g:syntax_on")');
  await vim.see(/^syntax {2}1$/m);
});

test('a buffer that can\'t be changed is neither rewritten nor changed', async (t) => {
  const { vim } = await open(t, code, '-c', 'set nomodifiable');
  await vim.command('3,7AsideRewrite x');
  await vim.see("Aside: this buffer can't be changed: it is 'nomodifiable'");
});

test('five megabytes are reviewed, and only the hunk changes', async (t) => {
  const text = lines(1, 350_000);
  const { desk, vim } = await open(t, text);
  await rewrite(desk, vim, '300000', fenced('int changed;\n'));
  await vim.type('ZZ');
  assert.equal(await written(desk, vim), text.replace('int line300000;', 'int changed;'));
});
