// Acts as a daemon that is older than the editors. Runs the daemon that the first argument names, and hides its newer
// features: the flags below aren't announced, the methods below are refused, and the fields of these features are
// removed from the answers. Appends the name of each refused method to the file that the second argument names.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const flags = ['wanted', 'marks', 'find', 'suggest', 'named'];
const methods = ['attachment/find', 'attachment/named', 'attachment/expand', 'attachment/suggest', 'conversation/marks'];
const [program, refused, ...args] = process.argv.slice(2);

const daemon = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
daemon.on('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => daemon.kill(signal));

function send(stream, message) {
  const body = Buffer.from(JSON.stringify(message));
  stream.write(`Content-Length: ${body.length}\r\n\r\n`);
  stream.write(body);
}

// Calls `take` with each message that comes from a stream.
function each(stream, take) {
  let bytes = Buffer.alloc(0);
  stream.on('data', (more) => {
    bytes = Buffer.concat([bytes, more]);
    for (;;) {
      const start = bytes.indexOf('\r\n\r\n') + 4;
      const size = Number(/Content-Length: (\d+)/i.exec(bytes.toString('latin1', 0, Math.max(start, 0)))?.[1] ?? NaN);
      if (start < 4 || bytes.length < start + size) return;
      const message = JSON.parse(bytes.toString('utf8', start, start + size));
      bytes = bytes.subarray(start + size);
      take(message);
    }
  });
}

each(process.stdin, (message) => {
  if (!methods.includes(message.method)) return send(daemon.stdin, message);
  appendFileSync(refused, `${message.method}\n`);
  send(process.stdout, { jsonrpc: '2.0', id: message.id, error: { code: -32601, message: `there is no method ${message.method}` } });
});
process.stdin.on('end', () => daemon.stdin.end());

each(daemon.stdout, (message) => {
  const announced = message.result?.capabilities?.experimental?.aside;
  for (const flag of announced ? flags : []) delete announced[flag];
  for (const turn of [...message.result?.turns ?? [], ...message.result?.sections ?? []]) delete turn.wanted;
  if (message.result?.updates) delete message.result.next;
  delete message.result?.texts;
  for (const row of [...message.result?.attachments ?? [], ...message.result?.updates ?? []]) delete row.remark;
  send(process.stdout, message);
});
