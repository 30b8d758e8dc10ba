// Tests of the way from a reply to the file: a rewrite of chosen lines, and code blocks of any reply. Each change is
// reviewed in the diff editor before the file changes. The tests compare the bytes of the file after the user has saved
// it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { VSCode, newest, oldest } from './support/vscode.mjs';

const source = `#include <string.h>

int first(const char *s) {
  int n = 0;
  while (s[n]) n++;
  return n;
}

int second(const char *s) {
  return first(s) + 1;
}
`;
const new_first = `int first(const char *s) {
  return strlen(s);
}
`;
const changed = source.replace(/int first[^}]*}\n/, new_first);
const fenced = (code, info = 'c') => `Here it is:\n\n\`\`\`${info}\n${code}\`\`\`\n\nThat is all.\n`;

for (const version of [oldest, newest]) test(`review in VS Code ${version}`, async (t) => {
  const encodings = { '[ini]': { 'files.encoding': 'iso88591' }, '[sql]': { 'files.encoding': 'windows1251' } };
  const vscode = await VSCode.open(t, { version, machine: encodings });
  const { desk } = vscode;
  const review = new Review(vscode);
  const journey = (name, file, text, steps) => vscode.walk(t, name, async () => {
    await desk.write(file, text);
    await vscode.edit(file);
    await steps();
  });

  await journey('a rewrite replaces exactly its lines, and one undo gives back the bytes', 'main.c', source, async () => {
    await review.rewrite(3, 7, 'Use strlen', { text: fenced(new_first) });
    await review.shown('main.c');
    await vscode.picture('review-first');
    assert.equal(await review.onDisk('main.c'), source);
    await review.take();
    await review.undone('main.c', changed, source);
    const question = vscode.turns('user').last();
    assert.equal(await question.locator('.badge').innerText(), 'rewrite of main.c:3-7');
    assert.ok((await vscode.sent('Use strlen')).messages.at(-1).content.some(({ text }) => text?.includes('while (s[n]) n++;')));
  });

  // Each row has the text of the file, the first and last chosen line, the reply, and the expected new text of the file. If
  // the file isn't UTF-8, the row has the file's extension, too.
  const latin1 = (text) => Buffer.from(text, 'latin1');
  const cp1251 = (text) => Buffer.from([...text].map((letter) => (letter < 'А' ? letter : String.fromCharCode(letter.charCodeAt(0) - 0x350))).join(''), 'latin1');
  const long = 'a line of text\n'.repeat(350_000); // 5 MB
  const nbsp = '\u00a0';
  const texts = {
    'lines that end with CRLF': ['a\r\nb\r\nc\r\n', 2, 2, fenced('B\nBB\n'), 'a\r\nB\r\nBB\r\nc\r\n'],
    'a last line without an end': ['a\nb\nc', 3, 3, fenced('C\nD\n'), 'a\nb\nC\nD'],
    'the last line': ['a\nb\nc\n', 3, 3, fenced('C\n'), 'a\nb\nC\n'],
    'tabs and no-break spaces': [`\tif (a)\n\t\tb${nbsp}= 1;  \n\tc;\n`, 2, 2, fenced(`\t\tb${nbsp}= 2;\n`), `\tif (a)\n\t\tb${nbsp}= 2;\n\tc;\n`],
    'a fence in the code': ['a\nb\nc\n', 2, 2, 'So:\n\n````\n```c\nb;\n```\n````\n', 'a\n```c\nb;\n```\nc\n'],
    'an empty file': ['', 1, 0, fenced('int main;\n'), 'int main;\n'],
    'lines that go away': ['a\nb\nc\n', 2, 2, fenced(''), 'a\nc\n'],
    'a byte order mark': ['\ufeffa\nb\nc\n', 2, 2, fenced('B\n'), '\ufeffa\nB\nc\n'],
    'Latin-1': [latin1('größe\nb\né\n'), 2, 2, fenced('ü\n'), latin1('größe\nü\né\n'), 'ini'],
    'CP1251': [cp1251('Привет\nb\nмир\n'), 2, 2, fenced('и\n'), cp1251('Привет\nи\nмир\n'), 'sql'],
    '5 MB': [long, 3, 3, fenced('another\n'), long.replace(/^(.*\n.*\n).*/, '$1another')],
  };
  for (const [index, [name, [text, from, to, reply, expected, extension = 'c']]] of Object.entries(texts).entries()) {
    const file = `bytes${index}.${extension}`;
    await journey(`the bytes outside a rewrite stay as they are: ${name}`, file, text, async () => {
      await review.rewrite(from, to, 'Change it', { text: reply });
      await review.shown(file);
      await review.take();
      await review.undone(file, expected, text);
    });
  }

  await journey('of three changes one is taken, one is changed in the proposal, one is dropped by its arrow; the next question says just that', 'three.c', 'one\none\n2\n3\ntwo\ntwo\n5\n6\nthree\nthree\n8\n', async () => {
    await review.rewrite(1, 11, 'Capitals', { text: fenced('ONE\nONE\n2\n3\nTWO\nTWO\n5\n6\nTHREE\nTHREE\n8\n') });
    await review.shown('three.c');
    await review.drop(2);
    await vscode.select(6, 5);
    await vscode.press('Shift+End');
    await vscode.type('Two and a half');
    await vscode.picture('review-three');
    await review.take();
    await review.saved('three.c', 'ONE\nONE\n2\n3\nTWO\nTwo and a half\n5\n6\nthree\nthree\n8\n');
    await vscode.ask('What now');
    await vscode.read('This is exchange 2');
    const update = JSON.stringify((await vscode.sent('What now')).messages.at(-1));
    assert.ok(update.includes('ONE') && update.includes('Two and a half') && !update.includes('THREE'), update);
    await vscode.editor('Two and a half').click();
    await vscode.press('Control+Z');
    await review.saved('three.c', 'one\none\n2\n3\ntwo\ntwo\n5\n6\nthree\nthree\n8\n');
  });

  await journey('what is typed while a rewrite is written survives, and the review waits until it is asked for', 'typed.c', source, async () => {
    await review.rewrite(3, 7, 'Use strlen', { text: fenced(new_first), gate: 'typed', gate_after: 2 });
    await vscode.turns('assistant', 'streaming').waitFor();
    await vscode.select(1, 0);
    await vscode.type('int typed;');
    await vscode.press('Enter');
    await vscode.editor('int typed;').waitFor();
    await desk.release('typed');
    await vscode.told('the rewrite of typed.c:3-7 is ready');
    assert.equal((await vscode.tabs()).filter((name) => name.includes('proposed')).length, 0);
    await vscode.press('Alt+A', 'Enter');
    await review.shown('typed.c');
    await review.take();
    await review.saved('typed.c', `int typed;\n${changed}`);
    await vscode.command('Notifications: Clear All Notifications');
  });

  await journey('a rewrite that is ready while another file is in front says so in one line', 'behind.c', source, async () => {
    await review.rewrite(3, 7, 'Use strlen', { text: fenced(new_first), gate: 'behind', gate_after: 2 });
    await vscode.turns('assistant', 'streaming').waitFor();
    await vscode.edit('main.c');
    await desk.release('behind');
    const line = await vscode.told('the rewrite of behind.c:3-7 is ready');
    await line.locator('.monaco-button', { hasText: 'Review' }).click();
    await review.shown('behind.c');
    await review.take();
    await review.saved('behind.c', changed);
  });

  await journey('where both have changed the same lines, both are shown, and neither is taken as it is', 'conflict.c', source, async () => {
    await review.rewrite(3, 7, 'Use strlen', { text: fenced(new_first), gate: 'conflict', gate_after: 2 });
    await vscode.turns('assistant', 'streaming').waitFor();
    await vscode.select(5, 4);
    await vscode.press('Shift+End');
    await vscode.type('  for (; s[n]; n++);');
    const mine = source.replace('  while (s[n]) n++;', '  for (; s[n]; n++);');
    await vscode.editor('for (; s[n]; n++);').waitFor();
    await desk.release('conflict');
    await vscode.rest();
    await vscode.press('Alt+A', 'Enter');
    await review.shown('conflict.c');
    await vscode.told('you and Claude have changed the same lines');
    await vscode.picture('review-conflict');
    await vscode.press('Control+S');
    await vscode.told('On the right, keep the lines that you want');
    await vscode.editor('<<<<<<< yours').first().waitFor();
    assert.ok(!(await review.onDisk('conflict.c')).includes('<<<<<<<'));
    await vscode.press('Control+A');
    await vscode.type('// settled');
    await review.take();
    await vscode.press('Control+Z');
    await review.saved('conflict.c', mine);
    await vscode.command('Notifications: Clear All Notifications');
  });

  const answers = {
    'Propose It Again': `int since;\n${changed}`,
    'Take It Anyway': changed,
  };
  for (const [index, [button, expected]] of Object.entries(answers).entries()) {
    const file = `since${index}.c`;
    await journey(`a proposal for a text that has changed since is not taken before one chooses: ${button}`, file, source, async () => {
      await review.rewrite(3, 7, 'Use strlen', { text: fenced(new_first) });
      await review.shown(file);
      const tab = vscode.page.locator('.tab', { hasText: new RegExp(`^${file}$`) });
      await tab.click();
      await vscode.page.locator('.tab.active', { hasText: new RegExp(`^${file}$`) }).waitFor();
      await vscode.select(1, 0);
      await vscode.type('int since;');
      await vscode.press('Enter');
      await vscode.page.locator('.tab', { hasText: `${file}: now ↔ proposed` }).click();
      await review.shown(file);
      await vscode.press('Control+S');
      const line = await vscode.told('has changed since this was proposed');
      await line.locator('.monaco-button', { hasText: button }).click();
      await line.waitFor({ state: 'detached' });
      if (index === 0) {
        await vscode.page.locator('.monaco-diff-editor .editor.modified .view-lines', { hasText: 'int since;' }).waitFor(); // the new proposal is shown
        await review.shown(file);
        await vscode.press('Control+S');
      }
      await review.gone();
      await review.saved(file, expected);
    });
  }

  await journey('a rewrite is kept when the daemon is killed; Continue works, and its proposal is refused', 'killed.c', source, async () => {
    await review.rewrite(3, 7, 'Use strlen', { text: fenced(new_first), gate: 'never', gate_after: 5 });
    await vscode.turns('assistant', 'streaming').waitFor();
    const witness = await desk.vim('killed.c');
    await witness.command('AsideOpen');
    await witness.read('```c int'); // now the text is in the store
    await vscode.killDaemon();
    await vscode.rest('interrupted');
    await desk.next({ thinking: '', text: '  return strlen(s);\n}\n```\n\nThat is all.\n' });
    await vscode.turns('assistant').getByRole('button', { name: 'Continue' }).click();
    await vscode.read('That is all.');
    await vscode.rest();
    await vscode.press('Alt+A', 'Enter');
    await vscode.told(/ask for the whole block once more/);
    await review.saved('killed.c', source);
    await vscode.command('Notifications: Clear All Notifications');
    await witness.command('qa!');
  });

  await journey('retry gives another proposal for the same lines', 'again.c', source, async () => {
    await review.rewrite(3, 7, 'Use strlen', { text: fenced(new_first) });
    await review.shown('again.c');
    await desk.next({ thinking: '', text: fenced('int first(const char *s) { return 7; }\n') });
    await vscode.press('Alt+A', 'r');
    await vscode.editor('return 7;').first().waitFor();
    assert.equal((await vscode.page.locator('.tab', { hasText: 'now ↔ proposed' }).count()), 1);
    await review.take();
    await review.saved('again.c', source.replace(/int first[^}]*}\n/, 'int first(const char *s) { return 7; }\n'));
  });

  await journey('a button applies a block of any reply', 'block.c', source, async () => {
    await desk.next({ thinking: '', text: `1. First\n\n   > \`\`\`\n   > quoted\n   > \`\`\`\n\n${fenced('int second(const char *s) {\n  return 8;\n}\n')}` });
    await vscode.ask('Make it eight', 'Aside: Ask About File…');
    await vscode.rest();
    assert.equal(await vscode.view('[data-code=apply]:visible').count(), 1);
    await vscode.view('[data-code=apply]:visible').press('Enter');
    await review.shown('block.c');
    await review.take();
    await review.saved('block.c', source.replace('return first(s) + 1', 'return 8'));
    await vscode.view('[data-code=apply][data-state=done]', { hasText: 'In the File' }).waitFor();
  });

  const refused = {
    'a file outside of the folder': ['```../../etc/passwd\nroot:x:0:0\n```\n', 'was not shared'],
    'a file that was not shared': ['`other.c`:\n\n```c title="other.c"\nint other;\n```\n', /was not shared|not in the document/],
    'code that was left out': ['```c\nint first(const char *s) {\n  // ...\n}\n```\n', /\w+/],
    'a block without an end': ['```c\nint first(const char *s) {\n', 'has no end'],
    'fences inside fences': ['```markdown\nSo:\n\n```c\nint a;\n```\n\nend\n```\n', /\w+/],
  };
  for (const [index, [name, [text, reason]]] of Object.entries(refused).entries()) {
    await journey(`a block is not placed, and its button says why: ${name}`, `refused${index}.c`, source, async () => {
      await desk.next({ thinking: '', text });
      await vscode.ask('Change it', 'Aside: Ask About File…');
      await vscode.rest();
      const button = vscode.view('article.turn:last-of-type [data-code=apply]:visible').first();
      await vscode.view('article.turn:last-of-type [data-code=apply][data-state=unplaced]', { hasText: 'Not Placed' }).first().waitFor();
      assert.match(await button.getAttribute('title'), new RegExp(reason));
      if (index === 0) await vscode.picture('unplaced');
      await button.press('Enter');
      const line = await vscode.told('Aside: ');
      assert.match(await line.innerText(), new RegExp(reason));
      await review.saved(`refused${index}.c`, source);
      await vscode.command('Notifications: Clear All Notifications');
    });
  }

  await journey('one button asks for the change in a form that fits exactly', 'blocks.c', source, async () => {
    await desk.next({ thinking: '', text: '```c\nnothing of this is there\n```\n' });
    await vscode.ask('Change it', 'Aside: Ask About File…');
    await vscode.rest();
    await desk.next({ thinking: '', text: 'blocks.c\n\n```c\n<<<<<<< SEARCH\n  return first(s) + 1;\n=======\n  return first(s) + 2;\n>>>>>>> REPLACE\n```\n' });
    await vscode.press('Alt+A', 'Enter');
    const line = await vscode.told('Aside: ');
    await line.locator('.monaco-button', { hasText: 'Ask for It in Another Form' }).click();
    await vscode.view('article.turn:nth-child(4)[data-status=complete]').waitFor();
    await vscode.press('Alt+A', 'Enter');
    await review.shown('blocks.c');
    await review.take();
    await review.saved('blocks.c', source.replace('+ 1', '+ 2'));
  });

  await journey('the files of a reply are a list to go through', 'list.c', source, async () => {
    await desk.write('list.h', 'int first(const char *s);\nint second(const char *s);\nint third(const char *s);\n');
    await vscode.attach('list.h');
    await desk.next({ thinking: '', text: `\`\`\`c list.c\nint second(const char *s) {\n  return first(s) + 2;\n}\n\`\`\`\n\nand\n\n\`\`\`c list.h\nint first(const char *s);\nlong second(const char *s);\nint third(const char *s);\n\`\`\`\n` });
    await vscode.ask('Change both', 'Aside: Ask About File…');
    await vscode.rest();
    await vscode.press('Alt+A', 'Enter');
    await vscode.titled('Changes of this reply');
    await vscode.picture('review-list');
    await vscode.choose('list.c');
    await review.shown('list.c');
    await vscode.press('Control+S');
    await vscode.titled('Changes of this reply');
    assert.equal(await vscode.page.locator('.quick-input-list .monaco-list-row', { hasText: 'list.c' }).count(), 0);
    await vscode.choose('list.h');
    await review.shown('list.h');
    await review.take();
    await review.saved('list.h', 'int first(const char *s);\nlong second(const char *s);\nint third(const char *s);\n');
    await vscode.edit('list.c');
    await review.saved('list.c', source.replace('+ 1', '+ 2'));
  });

  await journey('in the preview of all changes, those that are chosen are applied', 'preview.c', 'one\n2\n3\n4\n5\n6\n7\ntwo\n9\n', async () => {
    await review.rewrite(1, 9, 'Capitals', { text: fenced('ONE\n2\n3\n4\n5\n6\n7\nTWO\n9\n') });
    await review.shown('preview.c');
    await vscode.press('Alt+A', 'Shift+Enter');
    const panel = vscode.page.locator('.refactor-preview, .bulk-edit-panel').first();
    await panel.waitFor();
    // At first no change is chosen.
    await panel.locator('.monaco-list-row .edit-checkbox, .monaco-list-row input[type=checkbox]').nth(1).click();
    await vscode.picture('review-preview');
    await vscode.page.locator('.part.panel .monaco-button', { hasText: 'Apply' }).first().click();
    await panel.waitFor({ state: 'hidden' });
    await vscode.edit('preview.c');
    await review.saved('preview.c', 'ONE\n2\n3\n4\n5\n6\n7\ntwo\n9\n');
    await vscode.press('Control+Z');
    await review.saved('preview.c', 'one\n2\n3\n4\n5\n6\n7\ntwo\n9\n');
  });

  await journey('the check mark takes what is proposed', 'mark.c', source, async () => {
    await review.rewrite(3, 7, 'Use strlen', { text: fenced(new_first) });
    await review.shown('mark.c');
    await vscode.page.locator('.editor-group-container.active .editor-actions [aria-label^="Take the Proposed Change"]').click();
    await review.gone();
    await review.saved('mark.c', changed);
  });

  await journey('VS Code’s own command to save takes what is proposed', 'save.c', source, async () => {
    await review.rewrite(3, 7, 'Use strlen', { text: fenced(new_first) });
    await review.shown('save.c');
    await vscode.command('File: Save');
    await review.gone();
    await review.saved('save.c', changed);
  });

  await journey('what VS Code saves by itself takes nothing', 'auto.c', source, async () => {
    await review.rewrite(3, 7, 'Use strlen', { text: fenced(new_first) });
    await review.shown('auto.c');
    await vscode.select(1, 0);
    await vscode.type('int edited;');
    await vscode.press('Enter');
    const edited = vscode.page.locator('.tab.active.dirty');
    // In a browser, auto save is on from the beginning, and no tab is marked as changed.
    await vscode.until(async () => {
      await vscode.command('File: Toggle Auto Save');
      const all = await edited.count() === 0;
      await vscode.command('File: Toggle Auto Save');
      return all;
    }, 'VS Code to save by itself');
    await review.shown('auto.c');
    assert.equal(await review.onDisk('auto.c'), source);
    await review.take();
    await review.saved('auto.c', `int edited;\n${changed}`);
  });

  await journey('a review that is left changes nothing, and none is left over in a window that is loaded again', 'left.c', source, async () => {
    await review.rewrite(3, 7, 'Use strlen', { text: fenced(new_first) });
    await review.shown('left.c');
    await vscode.reload();
    await vscode.edit('left.c');
    await review.gone();
    await vscode.show();
    await vscode.view('[data-code=apply]', { hasText: 'Apply…' }).press('Enter');
    await review.shown('left.c');
    await vscode.command('View: Close Editor');
    await review.gone();
    assert.equal(await review.onDisk('left.c'), source);
    await vscode.press('Control+P');
    await vscode.page.locator('.quick-input-list .monaco-list-row', { hasText: 'left.c' }).first().waitFor();
    assert.equal(await vscode.page.locator('.quick-input-list .monaco-list-row', { hasText: 'proposed' }).count(), 0);
    await vscode.press('Escape');
  });
});

// The actions of a user who reviews a change.
class Review {
  constructor(vscode) {
    this.vscode = vscode;
  }

  async rewrite(first, last, instruction, reply) {
    await this.vscode.select(first, last);
    await this.vscode.desk.next({ thinking: '', ...reply });
    await this.vscode.press('Alt+A', 'Shift+S');
    await this.vscode.titled('Rewrite');
    await this.vscode.answer(instruction);
  }

  async shown(name) {
    await this.vscode.page.locator('.tab.active', { hasText: `${name}: now ↔ proposed` }).waitFor();
    await this.vscode.page.locator('.editor-group-container.active .monaco-diff-editor .editor.modified .monaco-editor.focused').waitFor();
  }

  // Accepts the text of the right side.
  async take() {
    await this.vscode.press('Control+S');
    await this.gone();
  }

  // Drops a change with the arrow between the sides.
  async drop(index) {
    await this.vscode.page.locator('.editor-group-container.active .monaco-diff-editor .gutterItem [aria-label="Revert Block"]').nth(index).click();
  }

  // Checks that the change is in the file, and that one undo brings back the earlier bytes.
  async undone(name, after, before) {
    await this.saved(name, after);
    await this.vscode.press('Control+Z');
    await this.saved(name, before);
  }

  async gone() {
    await this.vscode.page.locator('.tab', { hasText: 'now ↔ proposed' }).waitFor({ state: 'detached' });
  }

  async onDisk(name) {
    return await readFile(join(this.vscode.desk.folder, 'work', name), 'utf8');
  }

  // Saves the file, and checks that it then has the expected text or bytes.
  async saved(name, expected) {
    await this.vscode.page.locator('.tab.active', { hasText: name }).waitFor();
    await this.vscode.press('Control+S');
    const bytes = Buffer.from(expected);
    let found;
    await this.vscode.until(async () => (found = await readFile(join(this.vscode.desk.folder, 'work', name))).equals(bytes), 'the saved file')
      .catch(() => assert.equal(found.toString('latin1'), bytes.toString('latin1')));
    await this.vscode.page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
  }
}
