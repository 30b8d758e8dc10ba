// Tests of side questions: they are asked beside the conversation, shown at once, folded below the reply that
// they follow, and put on the path by one key.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

test('side questions in VS Code', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk } = vscode;
  const beside = (text) => vscode.view('#beside .side', { hasText: text });
  const folded = (text) => vscode.view('details.side', { hasText: text });
  const onPath = () => vscode.view('#feed > article.turn');
  const byTheWay = async (question, reply = {}) => {
    await desk.next({ thinking: '', ...reply });
    await vscode.press('Alt+A', 'q');
    await vscode.titled('Ask by the way');
    await vscode.led(() => vscode.answer(question));
  };
  const first = async (file, answer = 'The first answer.') => {
    await desk.write(file, 'int main;\n');
    await vscode.edit(file);
    await desk.next({ thinking: '', text: answer });
    await vscode.ask('The first question');
    await vscode.view('#feed > article.turn[data-role=assistant][data-status=complete]').waitFor();
  };

  await vscode.walk(t, 'a side question is answered beside a reply that is being written, and disturbs neither it nor what is asked next', async () => {
    await first('main.c');
    await desk.next({ thinking: '', deltas: 40, gate: 'main', gate_after: 20 });
    await vscode.follow('Count to forty');
    await vscode.read('18 19');
    await byTheWay('What is a pointer', { text: 'It says where something is.' });
    await beside('What is a pointer').filter({ hasText: 'It says where something is.' }).waitFor();
    assert.equal(await onPath().last().getAttribute('data-status'), 'streaming');
    assert.equal(await onPath().count(), 4);
    assert.ok(!(await onPath().last().innerText()).includes('It says'));
    assert.ok(!JSON.stringify(await vscode.sent('What is a pointer')).includes('Count to forty'));
    await desk.release('main');
    await vscode.read('38 39');
    await vscode.view('button#send').waitFor();
    await vscode.picture('beside');
    await vscode.follow('And then');
    await vscode.view('#feed > article.turn:nth-child(6)[data-status=complete]').waitFor();
    const { messages } = await vscode.sent('And then');
    assert.deepEqual(messages.map(({ role }) => role), ['user', 'assistant', 'user', 'assistant', 'user']);
    assert.ok(!JSON.stringify(messages).includes('pointer'));
  });

  await vscode.walk(t, 'a side question is folded below the reply that it follows, and opened there', async () => {
    const fold = vscode.view('#feed > article.turn:nth-child(2) details.side', { hasText: 'By the way: What is a pointer' });
    await fold.waitFor();
    assert.equal(await fold.locator('.turn').count(), 0);
    await fold.locator('summary').first().press('Enter');
    await fold.locator('.turn', { hasText: 'It says where something is.' }).waitFor();
    await vscode.picture('side-open');
  });

  await vscode.walk(t, 'one key puts a side question on the path; what followed there is another branch', async () => {
    const put = vscode.view('details.side button', { hasText: 'Put on the Path' });
    await put.press('Enter');
    await vscode.view('#feed > article.turn:nth-child(4)', { hasText: 'It says where something is.' }).waitFor();
    assert.equal(await onPath().count(), 4);
    assert.equal(await folded('pointer').count(), 0);
    await vscode.follow('Go on from there');
    await vscode.view('#feed > article.turn:nth-child(6)[data-status=complete]').waitFor();
    assert.ok(JSON.stringify(await vscode.sent('Go on from there')).includes('What is a pointer'));
  });

  await vscode.walk(t, 'two side questions run at once, each with its own stop button', async () => {
    await first('two.c');
    await byTheWay('Left', { deltas: 40, gate: 'left', gate_after: 20 });
    await beside('Left').filter({ hasText: '18 19' }).waitFor();
    await byTheWay('Right', { text: 'right ', deltas: 40, gate: 'right', gate_after: 20 });
    await beside('Right').filter({ hasText: 'right right' }).waitFor();
    await vscode.picture('two-beside');
    await beside('Left').locator('button[aria-label="Stop This Answer"]').press('Enter');
    await beside('Left').filter({ hasText: 'Stopped' }).waitFor();
    assert.equal(await beside('Right').locator('.turn[data-status=streaming]').count(), 1);
    await desk.release('right');
    await beside('Right').locator('.turn[data-status=complete]').waitFor();
    await beside('Right').locator('button[aria-label="Fold Into the Conversation"]').press('Enter');
    await beside('Right').waitFor({ state: 'detached' });
    await folded('By the way: Right').waitFor();
    assert.equal(await beside('Left').count(), 1);
  });

  await vscode.walk(t, 'in an empty conversation a side question is an ordinary question', async () => {
    await desk.write('empty.c', 'int main;\n');
    await vscode.edit('empty.c');
    await byTheWay('Is there anything', { text: 'An ordinary answer.' });
    await vscode.view('#feed > article.turn[data-status=complete]', { hasText: 'An ordinary answer.' }).waitFor();
    assert.equal(await vscode.view('#beside .side').count(), 0);
  });

  await vscode.walk(t, 'the key that puts a side question on the path lets one choose', async () => {
    await first('choose.c');
    await byTheWay('Chosen one', { text: 'The chosen answer.' });
    await beside('Chosen one').locator('.turn[data-status=complete]').waitFor();
    await vscode.press('Alt+A', 'Shift+Q');
    await vscode.titled('Put a side question on the path');
    await vscode.choose('Chosen one');
    await vscode.view('#feed > article.turn:nth-child(4)', { hasText: 'The chosen answer.' }).waitFor();
    assert.equal(await vscode.view('#beside .side').count(), 0);
  });

  await vscode.walk(t, 'a search leads to a side question, which is opened in its place', async () => {
    await first('found.c');
    await byTheWay('Where is the marmalade', { text: 'On the shelf.' });
    await beside('marmalade').locator('.turn[data-status=complete]').waitFor();
    await vscode.edit('choose.c');
    await vscode.command('Aside: Search Conversations…');
    await vscode.page.locator('.quick-input-widget .quick-input-box input').fill('marmalade');
    await vscode.choose('marmalade');
    await vscode.page.locator('.tab.active', { hasText: 'found.c' }).waitFor();
    await vscode.view('.side .turn', { hasText: 'On the shelf.' }).first().waitFor();
  });
});
