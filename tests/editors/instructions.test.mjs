// Tests of instructions, which are sent with every question, and of named prompts.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Desk } from './support/desk.mjs';

const asked = (request) => request.messages.at(-1).content.map((block) => block.text).join('\n');
const system = (request) => request.system.map((block) => block.text).join('\n');

async function open(t, files = {}) {
  const desk = await Desk.open(t);
  await mkdir(join(desk.folder, 'work', '.git'));
  await mkdir(join(desk.folder, 'config', 'aside', 'prompts'), { recursive: true });
  await desk.write('main.c', 'int one;\n');
  for (const [name, text] of Object.entries(files)) await writeFile(join(desk.folder, name), text);
  return { desk, vim: await desk.vim('main.c') };
}

const agents = { 'work/AGENTS.md': 'Use tabs.\n' };
const offer = 'Aside: AGENTS.md of ~/work can be sent with your questions: :AsideInstructions allow|refuse';

test('a repository\'s instructions are offered in a line, once, and go along when that is allowed', async (t) => {
  const { desk, vim } = await open(t, agents);
  await vim.command('Aside One');
  await vim.see(offer);
  await vim.read('exchange 1');
  await vim.rest();
  assert.ok(!system(await desk.request(1)).includes('Use tabs.'));
  await vim.command('echo "said" execute("messages")->count("AGENTS.md")');
  await vim.see(/^said 1$/m);
  await vim.command('AsideInstructions allow');
  await vim.see('Aside: The instructions have changed; the next question tells the model.');
  await vim.command('echo "allowed" execute("messages") =~ "AGENTS.md of .* is sent with your questions from now on"');
  await vim.see(/^allowed 1$/m);
  await vim.command('AsideNew');
  await vim.see((screen) => !screen.includes('exchange 1'));
  await vim.leave();
  await vim.command('Aside Two');
  await vim.read('exchange 1');
  await vim.rest();
  assert.match(system(await desk.request(2)), /Use tabs\./);
});

test('refused instructions are not sent and not offered again; the user can still allow them', async (t) => {
  const { desk, vim } = await open(t, agents);
  await vim.command('AsideOpen');
  await vim.see(offer);
  await vim.type(':AsideInstructions r');
  await vim.press('Tab', 'Enter');
  await vim.see('Aside: AGENTS.md of ~/work is not sent with your questions');
  await vim.command('Aside One');
  await vim.read('exchange 1');
  await vim.rest();
  assert.ok(!system(await desk.request(1)).includes('Use tabs.'));
  await vim.command('AsideInstructions');
  await vim.see('AGENTS.md (not used: you have refused it)');
  await vim.see(':AsideInstructions allow');
  await vim.type('q');
  await vim.command('AsideInstructions allow');
  await vim.see('Aside: The instructions have changed');
  await vim.command('tab AsideInstructions');
  await vim.see(/AGENTS\.md \(used\)[^]*:AsideInstructions refuse[^]*Use tabs\./);
});

test('the user\'s own instructions are used without asking, and shown', async (t) => {
  const { desk, vim } = await open(t, { 'config/aside/instructions.md': 'Use C17.\n' });
  await vim.command('AsideInstructions');
  await vim.see(/instructions\.md \(used\)[^]*Use C17\./);
  await vim.type('q');
  await vim.command('AsideInstructions allow');
  await vim.see('Aside: there is no AGENTS.md or CLAUDE.md for this file');
  await vim.command('AsideInstructions maybe');
  await vim.see('Aside: use :AsideInstructions allow or :AsideInstructions refuse, not "maybe"');
  await vim.command('Aside One');
  await vim.read('exchange 1');
  assert.match(system(await desk.request(1)), /Use C17\./);
});

test('if there are no instructions, the window says how to write some', async (t) => {
  const { vim } = await open(t);
  await vim.command('AsideInstructions');
  await vim.see('There are no instructions yet');
  await vim.see(/instructions\.md beside config\.json/);
  await vim.see(/AGENTS\.md/);
});

test('a named prompt is completed on the command line and in the prompt, and sent in full', async (t) => {
  const { desk, vim } = await open(t, { 'config/aside/prompts/zebra.md': 'Stripes, black and white\n\nCount the stripes of {{input}}.\n' });
  await vim.type(':Aside /ze');
  await vim.press('Tab');
  await vim.see(':Aside /zebra');
  await vim.type(' the horse');
  await vim.press('Enter');
  await vim.read('exchange 1');
  await vim.rest();
  assert.match(asked(await desk.request(1)), /Count the stripes of the horse\.$/);
  await vim.command('Aside');
  await vim.see('Ask about main.c');
  await vim.type('/z');
  await vim.see(/\/zebra +Stripes/);
  await vim.press('C-n');
  await vim.type(' me\x1b');
  await vim.command('w');
  await vim.read('exchange 2');
  assert.match(asked(await desk.request(2)), /Count the stripes of me\.$/);
});

test('a / elsewhere than at the beginning offers nothing', async (t) => {
  const { vim } = await open(t);
  await vim.command('Aside');
  await vim.see('Ask about main.c');
  await vim.type('and /e');
  await vim.read('and /e');
  await vim.press('Enter');
  await vim.type('/e');
  await vim.press('C-x', 'C-u');
  await vim.type(' so');
  await vim.read('/e so');
  assert.ok(!(await vim.screen()).includes('/explain'));
});
