import { h } from 'preact';
import { KeyManagerDashboard, renderToString } from '../../dist/entries/views.js';
import { alternate, median } from '../support/rounds.mjs';

const RENDERS = 200;
const NOW = new Date('2026-02-01T00:00:00.000Z');
const PROVIDERS = Array.from({ length: 20 }, (_, index) => `provider-${index}`);

/** Milliseconds for a dashboard of 20 providers: with a key of each, in English and in German, and without keys. */
export async function measureViews({ rounds = 25 } = {}) {
  const keys = PROVIDERS.map((provider, index) => storedKey(provider, index));
  const sides = {
    withKeys: () => milliseconds({ keys }),
    inGerman: () => milliseconds({ keys, locale: 'de' }),
    empty: () => milliseconds({ keys: [] }),
  };
  // Not measured: until the compiler has seen enough.
  await alternate(sides, 5);
  const times = await alternate(sides, rounds);
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
}

/** The median of some renders. */
function milliseconds(props) {
  return median(
    Array.from({ length: RENDERS }, () => {
      const page = { providers: PROVIDERS, now: NOW, csrfToken: 'x'.repeat(43), ...props };
      const begun = performance.now();
      renderToString(h(KeyManagerDashboard, page));
      return performance.now() - begun;
    }),
  );
}

function storedKey(provider, index) {
  const ago = (milliseconds) => new Date(NOW.getTime() - milliseconds * (index + 1));
  return {
    provider,
    label: 'default',
    hint: '…1f9c',
    fieldNames: [],
    createdAt: ago(86_400_000),
    updatedAt: ago(3_600_000),
    expiresAt: ago(-40 * 86_400_000),
    lastUsedAt: ago(60_000),
    status: 'active',
  };
}
