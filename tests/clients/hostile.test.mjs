// Tests with a workspace, a repository, names, questions, a server and a configuration that try to run, fetch or send
// something. Nothing may appear in the folder `marks`, and no request may reach the server `trap`. Afterwards the store
// must be undamaged, and the daemon must still answer.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

import { Editor, options } from './editor.mjs';

// Makes a home, a workspace and a server `trap`. Each attack that succeeds would make a file in `marks`, with a name of
// its own.
async function world(t) {
  const home = await mkdtemp(join(tmpdir(), 'aside-hostile-'));
  t.after(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const [work, marks] = [join(home, 'work'), join(home, 'marks')];
  await mkdir(work);
  await mkdir(marks);
  const came = [];
  const trap = http.createServer((request, response) => {
    came.push(request.url);
    response.end();
  });
  await new Promise((done) => trap.listen(0, '127.0.0.1', done));
  t.after(() => trap.close());
  const untouched = async () => {
    assert.deepEqual(await readdir(marks), []);
    assert.deepEqual(came, []);
  };
  return { home, work, marks, trap: `http://127.0.0.1:${trap.address().port}`, untouched, uri: (name) => pathToFileURL(join(work, name)).href };
}

// Asks a question. If the daemon asks for consent, agrees to all reasons.
async function ask(editor, params) {
  return editor.request('conversation/ask', params).catch(({ data }) =>
    data?.reasons && editor.request('conversation/ask', { ...params, consent: data.reasons }));
}

const runs = (marks, name) => `touch ${join(marks, name)}`;

// Returns the settings of git that name a program or an address. Each of these programs would make a file in `marks`.
const gitSettings = (marks, trap) => ({
  'core.fsmonitor': runs(marks, 'fsmonitor'),
  'core.hooksPath': join(marks, '..', 'work', 'hooks'),
  'core.pager': runs(marks, 'pager'),
  'core.editor': runs(marks, 'editor'),
  'core.sshCommand': runs(marks, 'ssh'),
  'core.gitProxy': runs(marks, 'proxy'),
  'core.askPass': runs(marks, 'askpass'),
  'core.alternateRefsCommand': runs(marks, 'alternate'),
  'core.attributesFile': join(marks, '..', 'work', '.gitattributes'),
  'diff.external': runs(marks, 'external'),
  'diff.evil.command': runs(marks, 'diff'),
  'diff.evil.textconv': runs(marks, 'textconv'),
  'filter.evil.clean': runs(marks, 'clean'),
  'filter.evil.smudge': runs(marks, 'smudge'),
  'filter.evil.process': runs(marks, 'process'),
  'filter.evil.required': 'true',
  'merge.evil.driver': runs(marks, 'merge'),
  'interactive.diffFilter': runs(marks, 'interactive'),
  'credential.helper': `!${runs(marks, 'credential')}`,
  'gpg.program': runs(marks, 'gpg'),
  'uploadpack.packObjectsHook': runs(marks, 'pack'),
  'alias.cat-file': `!${runs(marks, 'alias')}`,
  'alias.show': `!${runs(marks, 'alias')}`,
  'extensions.partialClone': 'evil',
  'remote.evil.promisor': 'true',
  'remote.evil.url': join(marks, '..', 'work', 'nowhere.git'),
  'remote.evil.uploadpack': `${runs(marks, 'uploadpack')};false`,
  'remote.other.promisor': 'true',
  'remote.other.url': `${trap}/other.git`,
  'trace2.eventTarget': join(marks, 'trace2'),
});

async function hostileRepository({ work, marks, trap }, folder) {
  const at = join(work, folder);
  await mkdir(at, { recursive: true });
  const git = (...words) => execFileSync('git', ['-C', at, ...words], {
    stdio: 'ignore',
    env: { PATH: process.env.PATH, HOME: work, GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'A', GIT_COMMITTER_EMAIL: 'a@b' },
  });
  git('init', '-q');
  await writeFile(join(at, 'main.c'), 'int one;\n');
  await writeFile(join(at, 'gone.c'), 'int gone;\n');
  git('add', '.');
  git('commit', '-qm', 'one');
  const blob = execFileSync('git', ['-C', at, 'rev-parse', 'HEAD:gone.c']).toString().trim();
  // Git can get this object only from a remote.
  await rm(join(at, '.git/objects', blob.slice(0, 2), blob.slice(2)), { force: true });
  await writeFile(join(at, '.gitattributes'), '* filter=evil diff=evil merge=evil textconv\n');
  await mkdir(join(at, 'hooks'), { recursive: true });
  for (const hook of ['post-checkout', 'pre-commit', 'post-index-change', 'fsmonitor-watchman', 'reference-transaction']) {
    for (const place of [join(at, 'hooks'), join(at, '.git/hooks')]) {
      await writeFile(join(place, hook), `#!/bin/sh\n${runs(marks, `hook-${hook}`)}\n`);
      await chmod(join(place, hook), 0o755);
    }
  }
  for (const [name, value] of Object.entries(gitSettings(marks, trap))) git('config', name, value);
  await writeFile(join(at, 'main.c'), 'int two;\n');
  await writeFile(join(at, 'gone.c'), 'int changed;\n');
}

// Makes a bare repository with its own configuration in a subfolder. A clone of the outer repository would contain it.
async function embeddedRepository({ work, marks }, folder) {
  const at = join(work, folder);
  execFileSync('git', ['init', '-q', '--bare', at], { env: { PATH: process.env.PATH, HOME: work } });
  await writeFile(join(at, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = false\n'
    + `\tworktree = ${JSON.stringify(at)}\n\tfsmonitor = ${JSON.stringify(runs(marks, 'embedded'))}\n[diff]\n\texternal = ${JSON.stringify(runs(marks, 'embedded-diff'))}\n`);
  await writeFile(join(at, 'main.c'), 'int embedded;\n');
}

// Returns words with a special meaning in a shell, an editor, SQL, a format string, a terminal, a URL or a header.
const words = (marks, trap) => [
  `\`${runs(marks, 'backtick')}\``, `$(${runs(marks, 'dollar')})`, `; ${runs(marks, 'semicolon')} ;`, `| ${runs(marks, 'pipe')}`,
  `=${runs(marks, 'formula')}`, "'; DROP TABLE turns; --", '"; DELETE FROM threads; --', '%s%n%s%n{}{0}{:>99999999}', '-rf', '--output=x', '+:quit',
  '~root', '$HOME', '../../../../etc/passwd', `${trap}/word`, `@${trap}/at`, '\u001b]52;c;aGk=\u0007', '\u202egnp.exe', 'a\tb', '\u0000nul',
  'x\r\nx-evil: 1', 'x\nHost: evil', '{{input}}', '"quoted"', '* NOT NEAR(', 'NEAR("a" "b", 99999)', 'col:x', '"', '^', '(((((((', '\\', '\ud800', '<script>alert(1)</script>',
];

// Returns environment variables for git. A user's editor may have such variables, for example if git has started the
// editor.
const gitEnvironment = ({ work, marks }) => ({
  GIT_EXTERNAL_DIFF: runs(marks, 'env-diff'), GIT_PAGER: runs(marks, 'env-pager'), GIT_SSH_COMMAND: runs(marks, 'env-ssh'),
  GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.fsmonitor', GIT_CONFIG_VALUE_0: runs(marks, 'env-config'),
  GIT_TRACE: join(marks, 'env-trace'), GIT_DIR: join(work, 'repo/vendor'), GIT_EXEC_PATH: join(work, 'repo/hooks'),
});

for (const [named, environment] of [['', () => ({})], [', in the environment of git itself', gitEnvironment]]) {
  test(`a hostile repository makes git run, fetch and write nothing${named}`, options, async (t) => {
    const here = await world(t);
    await hostileRepository(here, 'repo');
    await embeddedRepository(here, 'repo/vendor');
    const editor = await Editor.open(t, { environment: environment(here) });
    for (const name of ['repo/main.c', 'repo/gone.c', 'repo/vendor/main.c', 'repo/vendor/HEAD']) {
      const attachments = [{ uri: here.uri(name), kind: 'gitDiff' }];
      const textDocument = { uri: here.uri(name) };
      await editor.request('attachment/check', { attachments });
      await editor.request('conversation/preview', { textDocument, question: 'What has changed?', attachments }).catch(() => {});
      await ask(editor, { textDocument, question: 'What has changed?', attachments }).catch(() => {});
    }
    await here.untouched();
    const ours = [{ uri: here.uri('repo/main.c'), kind: 'gitDiff' }];
    const { attachments: [{ refused }] } = await editor.request('attachment/check', { attachments: ours });
    assert.equal(refused, undefined, 'a repository like this one can be diffed all the same');
    await editor.leave();
  });
}

test('hostile names, titles, models and searches are nothing but text', options, async (t) => {
  const here = await world(t);
  const editor = await Editor.open(t);
  for (const word of words(here.marks, here.trap)) {
    const name = word.replaceAll(/[/\0]/g, '_').slice(0, 80).replaceAll(/\p{Surrogate}/gu, '\ufffd');
    await writeFile(join(here.work, name), 'text\n');
    const textDocument = { uri: here.uri(name) };
    const tolerant = (method, params) => editor.request(method, params).catch(({ data }) => {
      assert.notEqual(data?.kind, 'internalError', `${method} of ${JSON.stringify(word)}`);
    });
    await tolerant('attachment/check', { attachments: [{ uri: textDocument.uri }, { uri: word }] });
    await ask(editor, { textDocument, question: word, attachments: [{ uri: textDocument.uri }] }).catch(({ data }) => assert.notEqual(data?.kind, 'internalError'));
    await tolerant('conversation/ask', { textDocument: { uri: word }, question: `/explain ${word}` });
    await tolerant('conversation/ask', { textDocument, question: 'Who?', model: word });
    const { conversation } = await editor.request('conversation/get', { textDocument });
    await tolerant('conversation/configure', { conversation, title: word, model: word, effort: word });
    await tolerant('conversation/transcript', { conversation });
    await tolerant('conversation/search', { query: word });
    await tolerant('conversation/search', { query: word, textDocument });
    await tolerant('conversation/list', { query: word, folder: word });
    await tolerant('conversation/export', { conversation, format: 'markdown' });
    await tolerant('conversation/import', { textDocument, text: word });
    await tolerant('usage/report', { by: ['file', 'model', 'conversation'], format: 'csv' });
    await tolerant('instructions/list', { textDocument });
    await rename(join(here.work, name), join(here.work, 'renamed'));
    await tolerant('conversation/get', { textDocument: { uri: here.uri('renamed') } });
  }
  await here.untouched();
  await editor.leave();
  assert.match(execFileSync(resolve(process.env.ASIDED), ['--doctor'], { env: { ...process.env, XDG_STATE_HOME: join(editor.home, 'state') } }).toString(), /Nothing is wrong/);
});

test('files of a workspace change no setting, and are not read unless the user shares them', options, async (t) => {
  const here = await world(t);
  const settings = { baseUrl: here.trap, apiKeyCommand: ['sh', '-c', runs(here.marks, 'key')], model: 'evil', caFile: '/dev/null', secretFiles: [] };
  for (const name of ['config.json', 'aside/config.json', '.aside/config.json', '.config/aside/config.json', 'aside.json', '.aside.json', '.env']) {
    await mkdir(join(here.work, name, '..'), { recursive: true });
    await writeFile(join(here.work, name), name === '.env' ? `ANTHROPIC_BASE_URL=${here.trap}\n` : JSON.stringify(settings));
  }
  await writeFile(join(here.work, 'AGENTS.md'), 'SECRET INSTRUCTIONS of the workspace\n');
  await symlink('/etc/passwd', join(here.work, 'CLAUDE.md'));
  await writeFile(join(here.work, '.asideignore'), '!.env\n!**\n[\n\\\n**/**/**/**/**/**/**/**/x\n');
  await writeFile(join(here.work, 'main.c'), 'int main;\n');
  const editor = await Editor.open(t);
  const textDocument = { uri: here.uri('main.c') };
  await editor.notify('workspace/didChangeWorkspaceFolders', { event: { added: [{ uri: pathToFileURL(here.work).href, name: 'work' }], removed: [] } });
  await editor.notify('workspace/didChangeConfiguration', { settings: { aside: { ...settings, apiKey: 'sk-evil', credential: 'none' } } });
  await assert.rejects(editor.request('conversation/ask', { textDocument, question: 'The key?', attachments: [{ uri: here.uri('.env') }] }), ({ data }) =>
    data.kind === 'needsConsent');
  const { request, attachments } = await editor.request('conversation/preview', { textDocument, question: 'Anyone?' });
  assert.deepEqual(attachments, []);
  assert.doesNotMatch(JSON.stringify(request), /SECRET INSTRUCTIONS|root:|main\.c/);
  await here.untouched();
});

test('no redirect of a server is followed', options, async (t) => {
  const here = await world(t);
  const editor = await Editor.open(t, { settings: { retries: 0 } });
  const textDocument = await editor.document('main.c', '');
  for (const status of [301, 302, 303, 307, 308]) {
    const script = { status, headers: { location: `${here.trap}/v1/messages`, refresh: `0;url=${here.trap}`, 'alt-svc': `h2="${here.trap.slice(7)}"` }, body: '' };
    await assert.rejects(editor.request('conversation/ask', { textDocument, question: `Go! [standin: ${JSON.stringify(script)}]` }));
  }
  await here.untouched();
  const { status } = await editor.request('conversation/ask', { textDocument, question: 'Still there?' });
  assert.equal(status, 'complete');
  await editor.leave();
});

test('an answer that becomes a hundred times as long when it is unpacked is ended at once', options, async (t) => {
  const bomb = gzipSync(Buffer.alloc(1 << 27, ':\n'));
  const server = http.createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
    response.end(bomb);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  const environment = { ANTHROPIC_BASE_URL: `http://127.0.0.1:${server.address().port}` };
  const editor = await Editor.open(t, { environment, settings: { retries: 0 } });
  const textDocument = await editor.document('main.c', '');
  await assert.rejects(editor.request('conversation/ask', { textDocument, question: 'What is in it?' }), ({ message, data }) =>
    data.kind === 'upstream' && message.includes('becomes longer than 16 MiB at once'));
  await editor.leave();
});

test('an answer that comes byte by byte and says nothing ends, as silence does', options, async (t) => {
  const answers = { '500': [500, '{"error": {"message": "down"}}', ' '], 'comments': [200, ': wait\n\n', ': wait\n\n'] };
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const bytes of request) body += bytes;
    const [status, first, more] = answers[Object.keys(answers).find((name) => body.includes(`About ${name}?`))];
    response.writeHead(status, { 'content-type': 'text/event-stream' });
    response.write(first);
    const dripping = setInterval(() => response.write(more), 100);
    response.on('close', () => clearInterval(dripping));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const environment = { ANTHROPIC_BASE_URL: `http://127.0.0.1:${server.address().port}` };
  const editor = await Editor.open(t, { environment, settings: { retries: 0, silenceTimeoutSeconds: 1 } });
  const textDocument = await editor.document('main.c', '');
  const ask = (question) => editor.request('conversation/ask', { textDocument, question });
  await assert.rejects(ask('About 500?'), ({ message }) => message.endsWith('down (HTTP 500)'));
  await assert.rejects(ask('About comments?'), ({ message }) => message.includes('no text, for 6 s'));
  await editor.leave();
});
