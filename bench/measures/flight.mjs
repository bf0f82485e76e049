import { anyUser, fillTables, makeSecrets } from '../support/data.mjs';
import { withDatabase } from '../support/database.mjs';
import { load } from '../support/load.mjs';
import { alternate, median } from '../support/rounds.mjs';
import { Side } from '../support/side.mjs';

/** How many requests are under way at once. */
const IN_FLIGHT = [1, 10, 50, 500];

/** What reads that travel together give, by how many requests are under way; and what five providers on a route cost. */
export async function measureFlight({ rows = 100_000, rounds = 3, seconds = 3, platform = 'fastify' } = {}) {
  return withDatabase(async ({ url }) => {
    const secrets = makeSecrets();
    await fillTables({ url, rows, secrets });
    const given = { url, platform, ...secrets };
    const sides = {
      handWritten: await Side.start({ ...given, side: 'handWritten' }),
      coalesced: await Side.start({ ...given, side: 'ours', storage: 'database' }),
      unprepared: await Side.start({ ...given, side: 'ours', storage: 'database', preparedStatements: false }),
      anyOfFive: await Side.start({ ...given, side: 'ours', storage: 'database', anyOfFive: true }),
    };
    try {
      const throughput = {};
      for (const connections of IN_FLIGHT) {
        const measured = await alternate(
          Object.fromEntries(
            Object.entries(sides).map(([name, side]) => [
              name,
              async () => {
                const headers = () => ({ 'x-user': anyUser(rows) });
                return (await load(side.url, { connections, seconds, headers })).throughput;
              },
            ]),
          ),
          rounds,
        );
        throughput[connections] = Object.fromEntries(
          Object.entries(measured).map(([name, values]) => [name, median(values)]),
        );
      }
      return { platform, throughput };
    } finally {
      await Promise.all(Object.values(sides).map((side) => side.stop()));
    }
  });
}
