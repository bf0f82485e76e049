// Where the time of a guarded route goes: `node bench/profile.mjs [express|fastify] [folder]` after a build writes a CPU
// profile (for the performance panel of Chrome's developer tools) and prints the functions with the most time of their own.
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyUser, fillTables, makeSecrets } from './support/data.mjs';
import { withDatabase } from './support/database.mjs';
import { load } from './support/load.mjs';
import { Side } from './support/side.mjs';

const ROWS = 20_000;
const SHOWN = 45;

const platform = process.argv[2] ?? 'express';
const folder = process.argv[3] ?? (await mkdtemp(join(tmpdir(), 'byok-profile-')));
await withDatabase(async ({ url }) => {
  const secrets = makeSecrets();
  await fillTables({ url, rows: ROWS, secrets });
  const execArgv = ['--cpu-prof', `--cpu-prof-dir=${folder}`];
  const side = await Side.start({
    side: process.argv[4] ?? 'ours',
    storage: 'database',
    platform,
    url,
    ...secrets,
    execArgv,
  });
  await load(side.url, { connections: 50, seconds: 8, headers: () => ({ 'x-user': anyUser(ROWS) }) });
  await side.stop();
});
const [name] = (await readdir(folder))
  .filter((each) => each.endsWith('.cpuprofile'))
  .sort()
  .slice(-1);
const { nodes, samples, timeDeltas } = JSON.parse(await readFile(join(folder, name), 'utf8'));
const byId = new Map(nodes.map((node) => [node.id, node]));
const own = new Map();
let total = 0;
samples.forEach((id, i) => {
  const { functionName, url, lineNumber } = byId.get(id).callFrame;
  if (functionName === '(idle)' || functionName === '(program)') return;
  const place = `${functionName || '(anonymous)'} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`;
  own.set(place, (own.get(place) ?? 0) + timeDeltas[i]);
  total += timeDeltas[i];
});
for (const [place, time] of [...own].sort((a, b) => b[1] - a[1]).slice(0, SHOWN)) {
  console.log(`${((100 * time) / total).toFixed(1).padStart(5)} %  ${place}`);
}
console.log(`Written to ${join(folder, name)}`);
