// Tests that a reply is only text: nothing in a reply runs, fetches or opens anything, and the view stays usable.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { VSCode } from './support/vscode.mjs';

const ran = 'window.ran = true; top.postMessage("ran", "*")';

// Returns replies with attacks. `lure` is an address to which no request may be sent.
const replies = (lure) => ({
  'script tags': { text: `<script>${ran}</script>\n\n<SCRIPT SRC="${lure}/script.js"></SCRIPT>\n\n<svg><script href="${lure}/svg.js"/></svg>` },
  'event handlers': {
    text: `<img src="x" onerror="${ran}">\n\n<svg onload="${ran}">\n\n<details open ontoggle="${ran}">x</details>\n\n<input autofocus onfocus="${ran}">`,
  },
  'frames, styles and forms': {
    text: `<iframe src="${lure}/frame" srcdoc="<script>${ran}</script>"></iframe>\n\n<style>@import url(${lure}/style.css);</style>\n\n`
      + `<link rel="stylesheet" href="${lure}/link.css">\n\n<meta http-equiv="refresh" content="0;url=${lure}/refresh">\n\n`
      + `<base href="${lure}/">\n\n<form action="${lure}/form"><button>danger</button></form>\n\n<object data="${lure}/object"></object>`,
  },
  'images from elsewhere': {
    text: `![one](${lure}/one.png) ![two](https://nonesuch.example/two.png "x") ![three](//nonesuch.example/three.png)\n\n`
      + `![four][ref]\n\n[ref]: ${lure}/four.png\n\n[![five](${lure}/five.png)](command:workbench.action.openSettings)`,
  },
  'links that do something': {
    text: ['javascript:RAN', 'JaVaScRiPt:RAN', 'java&#115;cript:RAN', ' javascript:RAN', 'vbscript:RAN', 'data:text/html,<script>RAN</script>',
      'command:workbench.action.openSettings', 'COMMAND:workbench.action.openSettings', 'vscode://aside.aside/x', 'vscode:extension/a.b',
      'command:aside.new', '&#99;ommand:workbench.action.openSettings', 'vscode-file://x/y', 'workbench:x', 'file:///etc/passwd', 'file:hostile0.c', 'mailto:ann@example.org', '../../etc/passwd', '/etc/passwd', '../outside.c']
      .map((href, index) => `- [danger ${index}](<${href.replace('RAN', ran.replaceAll('"', "'"))}>)`).join('\n'),
  },
  'code that closes its own fence': { text: `\`\`\`c" onmouseover="${ran}\nint a;</code></pre><script>${ran}</script>\n\`\`\`\n\n\`<b onclick="${ran}">\`` },
  'escapes of a terminal': { text: 'A \u001b[31mred\u001b[0m word\u001b]8;;http://nonesuch.example\u0007link\u001b]8;;\u0007 \u0007\b\u0000 end' },
  'letters that turn the text around': { text: 'if (user \u202e\u2066// admin\u2069 \u2066) {\n\n```c\nint a; /*\u202e } \u2066if (b)\u2069 \u2066 */\n```\n' },
  'entities that turn the text around': { text: 'if &#8238;(user &#x2066;// admin&#8233; &rlm;&#8203;) &#27;[31m \n\n- *x&#x202E;y* [a&#8238;b](main.c) ![c&#8238;d](main.c)' },
  'four megabytes on one line': { text: 'x<b>&'.repeat(800), deltas: 1000 },
  'ten megabytes on one line': { text: 'x<b>&'.repeat(2000), deltas: 1000, status: 'interrupted', because: 'larger than 4 MiB' },
  'a hundred thousand lines': { text: '- [ ] **x** `y`\n'.repeat(100), deltas: 1000 },
  'brackets without end': { text: '[![*_`'.repeat(3000) + '> '.repeat(3000) + '('.repeat(3000) },
});

test('hostile replies in VS Code', async (t) => {
  const came = [];
  const trap = createServer((request, response) => {
    came.push(request.url);
    response.end();
  });
  await new Promise((resolve) => trap.listen(0, '127.0.0.1', resolve));
  t.after(() => trap.close());
  const vscode = await VSCode.open(t);
  const { desk } = vscode;
  await desk.write('../outside.c', 'int outside;\n'); // outside of the workspace
  const tables = Object.entries(replies(`http://127.0.0.1:${trap.address().port}`));

  for (const [index, [name, { status, because = '', ...reply }]] of tables.entries()) {
    await vscode.walk(t, name, async () => {
      await desk.write(`hostile${index}.c`, 'int main;\n');
      await vscode.edit(`hostile${index}.c`);
      await desk.next({ thinking: '', ...reply });
      await vscode.ask(`Trick me <img src=x onerror='${ran}'> \u202e`);
      await vscode.rest(status);
      await vscode.turns('assistant', status).last().filter({ hasText: because }).waitFor();
      await harmless(vscode);
      for (const link of await vscode.turns('assistant').getByText(/danger/).all()) await link.click();

      // These steps work only if the page was not replaced. A request to the lure would have arrived before the answer
      // to the question.
      await vscode.command('Aside: New Conversation');
      await vscode.view('.welcome').waitFor();
      await vscode.follow('Still there');
      await vscode.read('You now ask: "Still there"');
      await vscode.rest();
      assert.deepEqual(await vscode.tabs(), tables.slice(0, index + 1).map((_, at) => `hostile${at}.c`));
      assert.deepEqual(came, []);
    });
  }
});

// Checks the elements that a reply has put into the page: none of them acts without a click, and none has invisible
// characters.
async function harmless(vscode) {
  const found = await vscode.view('body').evaluate((body) => {
    const articles = [...body.querySelectorAll('article.turn')];
    const elements = articles.flatMap((article) => [...article.querySelectorAll('*')]);
    return {
      ran: window.ran,
      tags: [...new Set(elements.map(({ localName }) => localName))]
        .filter((tag) => /^(script|style|link|meta|base|iframe|frame|object|embed|img|image|svg|form|input|video|audio|source)$/.test(tag)),
      handlers: elements.flatMap(({ attributes }) => [...attributes]).map(({ name }) => name).filter((name) => /^(on|style$|src$|srcset$)/.test(name)),
      links: elements.map((element) => element.getAttribute('href')).filter(Boolean).filter((href) => /^\s*(?!https?)[a-z+-]+:/i.test(href)),
      unseen: articles.map(({ textContent }) => textContent).join('').match(/[\0-\x08\x0b-\x1f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069]/g),
    };
  });
  assert.deepEqual(found, { ran: undefined, tags: [], handlers: [], links: [], unseen: null });
}
