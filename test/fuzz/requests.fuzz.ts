import { describe, expect, it } from '@jest/globals';
import { fuzz } from '../support/fuzz-run.js';
import { type Platform, PLATFORMS } from '../support/platforms.js';
import { createDatabase } from '../support/postgres.js';
import { seedOf } from '../support/seeds.js';

/** FUZZ_REQUESTS makes it more, or fewer. */
const PER_ROUTE = Number(process.env['FUZZ_REQUESTS'] ?? 10_000);
/** FUZZ_PLATFORM is `express` or `fastify`; without it, both. */
const WANTED = PLATFORMS.filter((platform) => [undefined, platform].includes(process.env['FUZZ_PLATFORM'] as Platform));

describe.each(WANTED)(`On %s ${PER_ROUTE} mutated requests for every route`, (platform) => {
  it(
    'bring no error of ours, no crash, no unhandled rejection and no key',
    async () => {
      const database = await createDatabase();
      try {
        const { faults, stderr, status, requests, routes, statuses } = await fuzz(database, seedOf('fuzz'), PER_ROUTE, {
          platform,
        });
        process.stdout.write(
          `fuzz: ${platform}, ${requests} requests, ${routes} routes, ${JSON.stringify(statuses)}\n`,
        );
        expect(faults).toEqual([]);
        expect([status, stderr]).toEqual([0, '']);
        expect(requests).toBe(routes * PER_ROUTE);
      } finally {
        await database.drop();
      }
    },
    60 * 60_000,
  );
});
