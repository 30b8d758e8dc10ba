// Measures the speed of the view. The figures are printed but not asserted, since the machine may be busy.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

test('measures', async (t) => {
  const vscode = await VSCode.open(t);
  const { desk } = vscode;
  const say = (text) => t.diagnostic(text);

  await desk.write('long.c', 'int long_conversation;\n');
  await exchanges(desk, 'long.c', 250);
  await desk.write('short.c', 'int main;\n');
  await vscode.edit('long.c');
  await vscode.edit('short.c');
  await vscode.show();
  await vscode.view('#top', { hasText: 'short.c' }).waitFor();

  const tasks = () => vscode.view('body').evaluate(() => ({ longest: Math.max(0, ...window.tasks), all: window.tasks.length }));
  const watch = () => vscode.view('body').evaluate(() => {
    window.tasks = [];
    window.watching ??= new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.tasks.push(Math.round(duration));
    });
    window.watching.observe({ type: 'longtask' });
  });
  const described = ({ longest, all }) => (all === 0 ? 'no task over 50 ms' : `${all} tasks over 50 ms, the longest ${longest} ms`);

  await vscode.walk(t, 'a conversation of 500 turns', async () => {
    await watch();
    const began = performance.now();
    await vscode.page.locator('.tab', { hasText: 'long.c' }).click();
    await vscode.read('Exchange 250 of long.c');
    await vscode.turns('assistant').last().locator('p').first().waitFor();
    say(`a conversation of 500 turns: ${(performance.now() - began).toFixed(0)} ms from the click to its last turns; ${described(await tasks())}`);
    await vscode.page.locator('.tab', { hasText: 'short.c' }).click();
    await vscode.view('#top', { hasText: 'short.c' }).waitFor();
  });

  const replies = {
    'numbers in one paragraph': { deltas: 6000 },
    paragraphs: { text: 'Some **words** and `code` of it.\n\n', deltas: 6000 },
    'lines of code': { text: `\`\`\`c\n${'    int n = strlen(s); /* again */\n'.repeat(1000)}` },
    'indented code': { text: '    int n = strlen(s); /* again */\n', deltas: 6000 },
    'a list': { text: '- an item with `code`\n', deltas: 6000 },
    'a list with numbers': { text: '1. an item with `code`\n', deltas: 6000 },
  };
  for (const [name, script] of Object.entries(replies)) {
    await vscode.walk(t, `6,000 deltas: ${name}`, async () => {
      await watch();
      await desk.next({ thinking: '', ...script });
      const began = performance.now();
      await vscode.follow(`Write ${name}`);
      await vscode.view('button#stop').waitFor();
      await vscode.view('button#send').waitFor();
      say(`6,000 deltas, ${name}: ${(performance.now() - began).toFixed(0)} ms; ${described(await tasks())}`);
    });
  }
});

// Asks the daemon directly, which is quicker than asking in the view.
async function exchanges(desk, name, count) {
  const daemon = spawn(process.env.ASIDED, { env: desk.env, stdio: ['pipe', 'pipe', 'ignore'] });
  const answers = messages(daemon.stdout);
  const request = async (id, method, params) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    daemon.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    for await (const answer of answers) if (answer.id === id) return answer;
    throw new Error(`the daemon ended at ${method}`);
  };
  await request(0, 'initialize', { capabilities: {} });
  for (let i = 1; i <= count; ++i) {
    await desk.next({ thinking: 'Hm.', text: `Exchange ${i} of ${name}: **bold**, \`code\`.\n\n\`\`\`c\nint n = ${i};\n\`\`\`\n` });
    const uri = `file://${desk.folder}/work/${name}`;
    const { error } = await request(i, 'conversation/ask', { textDocument: { uri }, question: `Question ${i}` });
    if (error) throw new Error(error.message);
  }
  daemon.stdin.end();
  await once(daemon, 'exit');
}

// Returns an iterator over the messages of a daemon. A later loop over the iterator continues where the last loop
// stopped.
function messages(stream) {
  const all = (async function* () {
    let waiting = Buffer.alloc(0);
    for await (const bytes of stream) {
      waiting = Buffer.concat([waiting, bytes]);
      for (;;) {
        const head = /^Content-Length: (\d+)\r\n\r\n/.exec(waiting.subarray(0, 64).toString());
        const end = head && head[0].length + Number(head[1]);
        if (!head || waiting.length < end) break;
        yield JSON.parse(waiting.subarray(head[0].length, end).toString());
        waiting = waiting.subarray(end);
      }
    }
  })();
  return { [Symbol.asyncIterator]: () => ({ next: () => all.next() }) };
}
