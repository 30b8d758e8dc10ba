// The official SDK as a client of the measured streams: node sdk.mjs STEPS.json. The file has a list of steps. A step
// is a list of request bodies, which are sent all at once. At the end the script prints what it received, one line of
// JSON for each step.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { Anthropic } = createRequire(new URL('../clients/package.json', import.meta.url))('@anthropic-ai/sdk');

const now = () => Number(process.hrtime.bigint());
const mib = () => process.memoryUsage.rss() / 2 ** 20;
const client = new Anthropic({ maxRetries: 0 });
const said = [{ ready: now(), mib: mib() }];

async function read(body, came) {
  for await (const event of await client.messages.create({ ...body, stream: true })) {
    if (event.type === 'content_block_delta') came.push([now(), event.delta.text]);
  }
}

for (const bodies of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const came = [], called = now(), before = process.cpuUsage();
  await Promise.all(bodies.map((body) => read(body, came)));
  const { user, system } = process.cpuUsage(before);
  said.push({ called, cpu: (user + system) / 1e6, mib: mib(), came });
}
for (const line of said) console.log(JSON.stringify(line));
