// Tests of sentences in `:help aside` that no other test checks.
import assert from 'node:assert/strict';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';
import { until } from './support/terminal.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');

async function open(t, ...args) {
  const desk = await Desk.open(t);
  await desk.write('main.c', 'int one;\nint two;\nint three;\n');
  await desk.write('other.c', 'int other;\n');
  return { desk, vim: await desk.vim(...args, 'main.c') };
}

async function ask(vim, question, answer) {
  await vim.command(`Aside ${question}`);
  await vim.read(answer);
  await vim.rest();
}

async function echoes(vim, expression, wanted) {
  await vim.command(`echo ${expression}`);
  await vim.see(wanted);
}

test('nothing is loaded before the first command; the daemon is one for each Vim and ends with it', async (t) => {
  const { desk, vim } = await open(t);
  await echoes(vim, '"loaded" execute("scriptnames") =~ "autoload/aside"', /^loaded 0$/m);
  const file = join(desk.folder, `daemon-of-${await vim.pid()}`);
  await assert.rejects(access(file));
  await ask(vim, 'One', 'exchange 1');
  const daemon = await vim.daemon();
  await vim.command('edit other.c');
  await ask(vim, 'Two', 'exchange 1');
  assert.equal(await vim.daemon(), daemon);
  await vim.command('qa');
  await vim.ended();
  await until(() => access(`/proc/${daemon}`).then(() => false, () => true), 'the end of the daemon');
});

test('the rest of the line is the question', async (t) => {
  const { desk, vim } = await open(t);
  await ask(vim, 'one | two "three" # four', 'exchange 1');
  assert.equal(asked(await desk.request(1)), 'one | two "three" # four');
});

test('there is one page in a tab page: another file has its conversation shown in it', async (t) => {
  const { vim } = await open(t);
  await ask(vim, 'About main', 'You now ask: "About main"');
  await vim.command('edit other.c');
  await ask(vim, 'About other', 'You now ask: "About other"');
  await echoes(vim, '"windows" winnr("$")', /^windows 2$/m);
});

test('a conversation can be shown when Vim starts', async (t) => {
  const { desk, vim } = await open(t);
  await ask(vim, 'One', 'exchange 1');
  const again = await desk.vim('--cmd', 'autocmd VimEnter * ++nested AsideOpen', 'main.c');
  await again.read('exchange 1');
});

test('a reply that another editor asked for can be stopped', async (t) => {
  const { desk, vim } = await open(t);
  const other = await desk.vim('main.c');
  await desk.next({ deltas: 90, gate: 'never', gate_after: 33 });
  await vim.command('Aside Count');
  await other.command('AsideOpen');
  await other.read('28 29');
  await other.command('AsideStop');
  await vim.read('Cancelled');
});

test('AsideRedo goes to where the last question led', async (t) => {
  const { vim } = await open(t);
  await ask(vim, 'First', '"First"');
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('"First"'));
  await ask(vim, 'Second', '"Second"');
  await vim.command('AsideUndo');
  await vim.see((screen) => !screen.includes('"Second"'));
  await vim.command('AsideRedo');
  await vim.read('"Second"');
});

test('a model is chosen for one conversation', async (t) => {
  const { vim } = await open(t);
  await vim.command('AsideModel claude-opus-5-5 high');
  await vim.see(/main\.c {2}opus-5-5 high/);
  await vim.command('AsideNew');
  await vim.see(/main\.c {2}opus-5-5\s*$/m);
});

test('after sending, u brings the question back', async (t) => {
  const { vim } = await open(t);
  await vim.command('Aside');
  await vim.type('Once more\x1b:w\r');
  await vim.read('exchange 1');
  await vim.rest();
  await vim.command('Aside');
  await vim.see('Ask about main.c');
  await vim.type('\x1bu');
  await echoes(vim, '"line" getline(".")', /^line Once more$/m);
});

test('the page cannot be changed, and a reply goes on when it is closed', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ deltas: 90, gate: 'go', gate_after: 33 });
  await vim.command('Aside Count');
  await vim.read('28 29');
  await vim.command('wincmd l');
  await vim.type('x');
  await vim.see('E21');
  await vim.type('q');
  await vim.see((screen) => !screen.includes('28 29'));
  await desk.release('go');
  await vim.command('AsideOpen');
  await vim.read('88 89');
});

test('the last error stays in the status line until the next question', async (t) => {
  const { desk, vim } = await open(t);
  await desk.next({ status: 401 });
  await vim.command('Aside One');
  await vim.see(/main\.c · One {2}The key was refused/);
  await vim.command('wincmd l | wincmd h | echo "on"');
  await vim.see(/main\.c · One {2}The key was refused[^]*\non/);
  await ask(vim, 'Two', 'exchange 1');
  await vim.see((screen) => !/ {2}The key/.test(screen));
});

test('selections are whole lines in every Visual mode', async (t) => {
  const { vim } = await open(t, '-c', 'xmap ga <Plug>(aside-add)');
  for (const [keys, count] of [['vl', 1], ['\x16jl', 2], ['Vjj', 3]]) {
    await vim.type(`gg${keys}ga`);
    await vim.see(new RegExp(`Aside: main.c:.* will go with the next question${count > 1 ? `, ${count}` : '$'}`, 'm'));
  }
});

const commands = ['Add', 'Open', 'Stop', 'Retry', 'Continue', 'Undo', 'Redo', 'Edit', 'Next', 'Previous', 'New', 'Fork', 'Rename',
  'Delete', 'Threads', 'Preview', 'Compact', 'Usage', 'Instructions', 'Apply'];
test('there is a map for each command', async (t) => {
  const { vim } = await open(t);
  await vim.command('function Map(name)\rreturn maparg(printf("<Plug>(aside-%s)", tolower(a:name)), "n")\rendfunction');
  await echoes(vim, `"without" ${JSON.stringify(commands)}->filter('Map(v:val) !=# "<Cmd>Aside" .. v:val .. "<CR>"')`, /^without \[\]/m);
  await vim.command('nmap g/ <Plug>(aside-search)');
  await vim.type('g/');
  await vim.see(/^:AsideSearch $|^:AsideSearch$/m);
  await vim.press('Escape');
  await vim.command('nmap gn <Plug>(aside-new)');
  await ask(vim, 'One', 'exchange 1');
  await vim.type('gn');
  await vim.see((screen) => !screen.includes('exchange 1'));
});

test('the command is a String too, and options are the daemon\'s', async (t) => {
  const { desk, vim } = await open(t, '-c', 'let g:aside_command = "~/asided"', '-c',
    'let g:aside_options = {"effort": "high"}');
  await vim.command('Aside One');
  await vim.read('exchange 1');
  assert.equal((await desk.request(1)).output_config.effort, 'high');
});

test('page and prompt have file types of their own', async (t) => {
  const { vim } = await open(t, '-c', 'let types = []', '-c', 'autocmd FileType aside* call add(types, &filetype)');
  await vim.command('Aside');
  await vim.press('Escape');
  await echoes(vim, 'types', "['aside', 'asideprompt']");
});

test(':saveas begins a conversation of its own', async (t) => {
  const { vim } = await open(t);
  await ask(vim, 'One', 'exchange 1');
  await vim.command('saveas copy.c');
  await vim.see('written');
  await ask(vim, 'Two', 'You now ask: "Two"');
  await vim.see((screen) => !screen.includes('exchange 2'));
  await vim.command('edit main.c | AsideOpen');
  await vim.read('"One"');
});

test('no message comes while a command line is typed', async (t) => {
  const { vim } = await open(t);
  await ask(vim, 'One', 'exchange 1');
  await vim.type(':echo "typed"');
  await vim.killDaemon();
  await vim.see(/main\.c · One {2}the daemon is gone/);
  assert.match(await vim.screen(), /^:echo "typed"$/m);
  await vim.press('Enter');
  await vim.see('Aside: the daemon was ended by signal "kill"');
});

const complaints = {
  'wincmd l | AsideAdd': 'these lines are part of the conversation already',
  'edit other.c | AsideThreads': 'this file has no conversation yet',
};
for (const [command, complaint] of Object.entries(complaints)) {
  test(`:${command} is answered with "${complaint}"`, async (t) => {
    const { vim } = await open(t);
    await ask(vim, 'One', 'exchange 1');
    await vim.command(command);
    await vim.see(`Aside: ${complaint}`);
  });
}

test('<CR> goes to the line that it was, in the window one came from, and says if the file is gone', async (t) => {
  const { desk, vim } = await open(t);
  await ask(vim, 'Why', 'exchange 1');
  await ask(vim, 'Why', 'exchange 2');
  await vim.command('2Aside That line');
  await vim.read('exchange 3');
  await vim.rest();
  await vim.command('1delete | write | edit other.c');
  await vim.command('wincmd l | call search("main.c:2")');
  await vim.press('Enter');
  await echoes(vim, '"at" expand("%") line(".") winnr() winnr("$")', /^at main.c 2 1 2$/m);
  await vim.command('edit other.c | bwipe main.c');
  await rm(join(desk.folder, 'work', 'main.c'));
  await vim.command('wincmd l | call search("main.c:2", "w")');
  await vim.press('Enter');
  await vim.see('Aside: main.c is no longer there');
});
