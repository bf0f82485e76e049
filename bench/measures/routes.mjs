import { anyUser, fillTables, makeSecrets } from '../support/data.mjs';
import { withDatabase } from '../support/database.mjs';
import { latencies, load } from '../support/load.mjs';
import { alternate, median, percentile, ratio } from '../support/rounds.mjs';
import { Side } from '../support/side.mjs';

const CONNECTIONS = 50;

/**
 * P1 to P4, P12: a guarded route beside the bare one, one written by hand and one as teams write it.
 *
 * @param {{ platform: 'express' | 'fastify', rows?: number, rounds?: number, seconds?: number }} options
 */
export async function measureRoutes({ platform, rows = 100_000, rounds = 5, seconds = 3 }) {
  return withDatabase(async ({ url }) => {
    const secrets = makeSecrets();
    await fillTables({ url, rows, secrets });
    const headers = () => ({ 'x-user': anyUser(rows) });
    const given = { platform, url, ...secrets };
    const sides = {
      bare: await Side.start({ ...given, side: 'bare' }),
      inMemory: await Side.start({ ...given, side: 'inMemory' }),
      handWritten: await Side.start({ ...given, side: 'handWritten' }),
      team: await Side.start({ ...given, side: 'team' }),
      database: await Side.start({ ...given, side: 'ours', storage: 'database' }),
      hybrid: await Side.start({ ...given, side: 'ours', storage: 'hybrid' }),
    };
    try {
      const loaded = (connections, duration) =>
        map(sides, (side) => async () => {
          const { throughput } = await load(side.url, { connections, seconds: duration, headers });
          return throughput;
        });
      await alternate(loaded(CONNECTIONS, 2), 1);
      const throughput = await alternate(loaded(CONNECTIONS, seconds), rounds);
      const single = await alternate(
        map(sides, (side) => async () => percentile(await latencies(side.url, { requests: 2_000, headers }), 50)),
        rounds,
      );
      return {
        rows,
        throughput: map(throughput, median),
        latency: map(single, median),
        toHandWritten: ratio(throughput.database, throughput.handWritten),
        toBare: ratio(throughput.database, throughput.bare),
        toTeam: ratio(throughput.database, throughput.team),
        inMemoryToBare: ratio(throughput.inMemory, throughput.bare),
        hybridToBare: ratio(throughput.hybrid, throughput.bare),
        latencyToHandWritten: ratio(single.database, single.handWritten),
      };
    } finally {
      await Promise.all(Object.values(sides).map((side) => side.stop()));
    }
  });
}

function map(object, work) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, work(value)]));
}
