// Tests of the network between the daemon and the API: TLS with a private authority, HTTP/2, a proxy. Servers in Node
// play these parts, and forward all requests to the stand-in.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { test } from 'node:test';

import { Editor, options, standin } from './editor.mjs';

// Makes a self-signed certificate for this name. Returns the key, the certificate, and the file that makes a client trust it.
function certificate(t, name) {
  const folder = mkdtempSync(join(tmpdir(), 'aside-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [keyFile, caFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', keyFile, '-out', caFile], { stdio: 'ignore' });
  return { key: readFileSync(keyFile), cert: readFileSync(caFile), caFile };
}

async function listening(t, server) {
  const open = new Set();
  server.on('connection', (socket) => open.add(socket.on('close', () => open.delete(socket))));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    open.forEach((socket) => socket.destroy());
  });
  return server.address().port;
}

// Starts a server https://localhost:PORT that also offers HTTP/2. `requests` holds the requests with their HTTP
// versions.
async function gateway(t, { key, cert }) {
  const behind = new URL(await standin(t));
  const requests = [];
  const server = http2.createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
    requests.push({ version: request.httpVersion, url: request.url, session: request.stream?.session });
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith(':')));
    const { hostname, port } = behind;
    const onward = http.request({ hostname, port, method: request.method, path: request.url, headers: { ...headers, host: behind.host } });
    onward.on('response', (answer) => {
      const { connection, 'keep-alive': _, 'transfer-encoding': __, ...passed } = answer.headers;
      response.writeHead(answer.statusCode, passed);
      pipeline(answer, response, () => {});
    });
    pipeline(request, onward, () => {});
    response.on('close', () => onward.destroy());
  });
  return { requests, port: await listening(t, server) };
}

// Starts a proxy that connects to any requested address. `told` holds the requests to the proxy.
async function proxy(t) {
  const told = [];
  const server = http.createServer((_, response) => response.writeHead(405).end());
  server.on('connect', (request, socket) => {
    told.push(`${request.url} ${JSON.stringify(request.headers)}`);
    const onward = net.connect(Number(request.url.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      pipeline(onward, socket, onward, () => {});
    });
  });
  return { told, port: await listening(t, server) };
}

const asked = (editor, textDocument, question) => editor.request('conversation/ask', { textDocument, question });

test('a private authority is trusted only when caFile names it', options, async (t) => {
  const tls = certificate(t, 'localhost');
  const { port, requests } = await gateway(t, tls);
  const environment = { ANTHROPIC_BASE_URL: `https://localhost:${port}` };

  const wary = await Editor.open(t, { environment });
  await assert.rejects(asked(wary, await wary.document('a.c', ''), 'Anyone there?'), ({ data }) =>
    data.kind === 'offline' && data.hint.includes('caFile'));
  assert.deepEqual(requests, []);

  const trusting = await Editor.open(t, { environment, settings: { caFile: tls.caFile } });
  assert.equal((await asked(trusting, await trusting.document('a.c', ''), 'Anyone there?')).status, 'complete');
  assert.deepEqual(requests.map(({ version }) => version), ['2.0']);
});

test('a certificate for another name is refused', options, async (t) => {
  const tls = certificate(t, 'elsewhere.test');
  const { port, requests } = await gateway(t, tls);
  const editor = await Editor.open(t, {
    environment: { ANTHROPIC_BASE_URL: `https://localhost:${port}` }, settings: { caFile: tls.caFile },
  });
  await assert.rejects(asked(editor, await editor.document('a.c', ''), 'Anyone there?'), ({ data }) => data.kind === 'offline');
  assert.deepEqual(requests, []);
});

test('a reply that is stopped leaves the others on its HTTP/2 server running', options, async (t) => {
  const tls = certificate(t, 'localhost');
  const { port, requests } = await gateway(t, tls);
  const editor = await Editor.open(t, {
    environment: { ANTHROPIC_BASE_URL: `https://localhost:${port}` }, settings: { caFile: tls.caFile },
  });
  const [one, other] = [await editor.document('one.c', ''), await editor.document('other.c', '')];
  const stopped = asked(editor, one, 'Count. [standin: {"deltas":5000,"pace":2}]');
  const running = asked(editor, other, 'Count. [standin: {"deltas":300,"pace":2}]');
  await editor.until(() => new Set(editor.deltas.filter(({ kind }) => kind === 'text').map(({ turn }) => turn)).size === 2);
  const { conversation } = await editor.request('conversation/get', { textDocument: one });
  await editor.request('conversation/stop', { conversation });
  assert.equal((await stopped).status, 'cancelled');
  assert.equal((await running).status, 'complete');
  assert.deepEqual(requests.map(({ version }) => version), ['2.0', '2.0']);
});

test('a reply over TLS goes on when its editor has left', options, async (t) => {
  const tls = certificate(t, 'localhost');
  const { port, requests } = await gateway(t, tls);
  const desk = { environment: { ANTHROPIC_BASE_URL: `https://localhost:${port}` }, settings: { caFile: tls.caFile } };
  const first = await Editor.open(t, desk);
  const textDocument = await first.document('a.c', '');
  asked(first, textDocument, 'Count. [standin: {"deltas":400,"pace":2}]').catch(() => {});  // the answer isn't needed
  await first.until(() => first.deltas.some(({ kind }) => kind === 'text'));
  await first.leave();

  const next = await Editor.open(t, { ...desk, home: first.home });
  const last = async () => (await next.request('conversation/get', { textDocument })).turns[1];
  if ((await last()).status === 'streaming') await next.until(() => next.states.some(({ state }) => state === 'ended'));
  assert.equal((await last()).status, 'complete');
  assert.match((await last()).text, /398 399/);
  assert.deepEqual(requests.map(({ version }) => version), ['2.0']);
});

test('the proxy of the environment is used, and sees no key', options, async (t) => {
  const tls = certificate(t, 'api.test');
  const { port } = await gateway(t, tls);
  const { told, port: proxyPort } = await proxy(t);
  const editor = await Editor.open(t, {
    environment: { ANTHROPIC_BASE_URL: `https://api.test:${port}`, https_proxy: `http://127.0.0.1:${proxyPort}` },
    settings: { caFile: tls.caFile },
  });
  assert.equal((await asked(editor, await editor.document('a.c', ''), 'Anyone there?')).status, 'complete');
  assert.equal(told.length, 1);
  assert.match(told[0], new RegExp(`^api\\.test:${port} `));
  assert.doesNotMatch(told[0], /sk-ant/);
});
