import { withDatabase } from '../support/database.mjs';
import { makeSecrets } from '../support/data.mjs';
import { makeLargeTable, sealedUser } from '../support/large-table.mjs';
import { latencies, load } from '../support/load.mjs';
import { alternate, median, percentile, ratio } from '../support/rounds.mjs';
import { Side } from '../support/side.mjs';

const SMALL = 10_000;

/** P8 and P9: what a guarded request costs where the table is large, and what a row takes. */
export async function measureSizes({ rows = 1_000_000, rounds = 5, seconds = 3 } = {}) {
  return withDatabase(async ({ url, client }) => {
    const { secret } = makeSecrets();
    await makeLargeTable({ url, rows: SMALL, secret, tableName: 'small_table' });
    await makeLargeTable({ url, rows, secret });
    const { bytes } = (await client.query(`SELECT pg_total_relation_size('user_api_keys')::float8 AS bytes`)).rows[0];
    const given = { side: 'ours', storage: 'database', platform: 'express', url, secret };
    const sides = {
      small: { ...(await serve({ ...given, tableName: 'small_table' })), rows: SMALL },
      large: { ...(await serve(given)), rows },
    };
    try {
      const throughput = await alternate(
        byName(sides, async ({ side, rows: users }) => {
          const headers = () => ({ 'x-user': sealedUser(users) });
          return (await load(side.url, { connections: 50, seconds, headers })).throughput;
        }),
        rounds,
      );
      const single = await alternate(
        byName(sides, async ({ side, rows: users }) => {
          const headers = () => ({ 'x-user': sealedUser(users) });
          return percentile(await latencies(side.url, { requests: 2_000, headers }), 50);
        }),
        rounds,
      );
      return {
        rows,
        bytesARow: bytes / rows,
        throughput: { small: median(throughput.small), large: median(throughput.large) },
        latency: { small: median(single.small), large: median(single.large) },
        costOfLarge: ratio(throughput.small, throughput.large),
        latencyOfLarge: ratio(single.large, single.small),
      };
    } finally {
      await Promise.all(Object.values(sides).map(({ side }) => side.stop()));
    }
  });
}

async function serve(options) {
  return { side: await Side.start(options) };
}

function byName(sides, measure) {
  return Object.fromEntries(Object.entries(sides).map(([name, side]) => [name, () => measure(side)]));
}
