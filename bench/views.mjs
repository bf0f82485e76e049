// How fast the dashboard is rendered: `node bench/views.mjs [rounds]` after a build. Prints the median of 20 cards, with
// keys and without, in alternating rounds of one run. Every card has moments of its own, as it has in life.
import { loadavg } from 'node:os';
import { h } from 'preact';
import { KeyManagerDashboard, renderToString } from '../dist/index.js';

const ROUNDS = Number(process.argv[2] ?? 20);
const RENDERS = 200;
const WARM_UP = 1_500;

const providers = Array.from({ length: 20 }, (_, index) => `provider-${index}`);
const now = new Date('2026-02-01T00:00:00.000Z');
const stored = (provider, index) => ({
  provider,
  label: 'default',
  hint: '…1f9c',
  fields: [],
  createdAt: new Date(now.getTime() - (index + 1) * 86_400_000),
  updatedAt: new Date(now.getTime() - (index + 1) * 3_600_000),
  expiresAt: new Date(now.getTime() + (index + 1) * 40 * 86_400_000),
  lastUsedAt: new Date(now.getTime() - (index + 1) * 60_000),
  status: 'active',
});
const dashboard = (keys, locale) => () =>
  renderToString(h(KeyManagerDashboard, { providers, keys, now, locale, baseUrl: '/byok', csrfToken: 'x'.repeat(43) }));

const CASES = {
  'with keys': dashboard(providers.map(stored), 'en'),
  'with keys, in German': dashboard(providers.map(stored), 'de'),
  empty: dashboard([], 'en'),
};

const times = Object.fromEntries(Object.keys(CASES).map((name) => [name, []]));
for (let render = 0; render < WARM_UP; render++) for (const work of Object.values(CASES)) work();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, work] of Object.entries(CASES)) {
    for (let render = 0; render < RENDERS; render++) {
      const start = performance.now();
      work();
      times[name].push(performance.now() - start);
    }
  }
}
for (const [name, all] of Object.entries(times)) {
  const sorted = all.sort((a, b) => a - b);
  const at = (share) => sorted[Math.floor(sorted.length * share)].toFixed(3);
  const size = (CASES[name]().length / 1024).toFixed(1);
  console.log(
    `20 cards ${name}: ${at(0.5)} ms median, ${at(0.1)} at the 10th percentile, ${at(0.99)} at the 99th · ${size} kB`,
  );
}
console.log(`target 0.3 ms with keys · Node ${process.version} · load ${loadavg()[0].toFixed(1)}`);
