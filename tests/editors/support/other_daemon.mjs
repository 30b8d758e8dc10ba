// Acts as a daemon of another version than the editor's. The environment variable ASIDED names the daemon that it runs;
// OTHER is `older` or `newer`. An older one is like 0.1.0: it doesn't announce later features, refuses their requests,
// and its answers lack their fields. A newer one announces one more feature.
import { spawn } from 'node:child_process';

const older = process.env.OTHER === 'older';
const newer_flags = ['credential', 'side', 'rewrite', 'edits', 'wanted', 'marks', 'find', 'suggest', 'named'];
const newer_methods = ['credential/', 'attachment/find', 'attachment/named', 'attachment/expand', 'attachment/suggest', 'conversation/edits',
  'conversation/marks'];
const newer_fields = ['tokens', 'cost', 'updates', 'known', 'next'];  // in the result of attachment/check
const newer_in_transcripts = ['folds', 'growing', 'figures'];

// Returns a function that takes bytes and calls `handle` with each whole message.
function messages(handle) {
  let bytes = Buffer.alloc(0);
  return (more) => {
    bytes = Buffer.concat([bytes, more]);
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: *(\d+)/i.exec(bytes.toString('latin1', 0, Math.max(end, 0)))?.[1]);
      if (end < 0 || bytes.length < end + 4 + length) return;
      handle(JSON.parse(bytes.toString('utf8', end + 4, end + 4 + length)));
      bytes = bytes.subarray(end + 4 + length);
    }
  };
}

function write(stream, message) {
  const body = Buffer.from(JSON.stringify(message));
  stream.write(`Content-Length: ${body.length}\r\n\r\n`);
  stream.write(body);
}

const daemon = spawn(process.env.ASIDED, process.argv.slice(2), { stdio: ['pipe', 'pipe', 'inherit'] });
const checks = new Set();  // the ids of requests for attachment/check
process.stdin.on('data', messages((message) => {
  const { id, method } = message;
  if (method === 'attachment/check') checks.add(id);
  if (older && newer_methods.some((newer) => method?.startsWith(newer))) {
    if (id !== undefined) write(process.stdout, { jsonrpc: '2.0', id, error: { code: -32601, message: `unknown method ${method}` } });
  } else write(daemon.stdin, message);
}));
process.stdin.on('end', () => daemon.stdin.end());
daemon.stdout.on('data', messages((message) => {
  const { result } = message;
  if (older) {
    delete result?.texts;
    for (const row of result?.attachments ?? []) delete row.remark;
  }
  if (result?.serverInfo) {
    const flags = result.capabilities.experimental.aside;
    if (older) newer_flags.forEach((flag) => delete flags[flag]);
    else flags.whistle = true;
  }
  if (older && result && checks.delete(message.id)) newer_fields.forEach((field) => delete result[field]);
  if (older && result?.sections) newer_in_transcripts.forEach((field) => delete result[field]);
  write(process.stdout, message);
}));
daemon.on('exit', (status) => process.exit(status ?? 1));
