import { ByokService } from '../../dist/index.js';
import { withDatabase } from '../support/database.mjs';
import { makeSecrets } from '../support/data.mjs';
import { makeLargeTable, sealedUser } from '../support/large-table.mjs';
import { timings } from '../support/load.mjs';
import { inModule } from '../support/module.mjs';
import { median, percentile, ratio } from '../support/rounds.mjs';
import { Side } from '../support/side.mjs';

/** Connections and requests a second of all of them: a busy application, not one that is at its end. */
const CONNECTIONS = 10;
const RATE = 500;
/** Seconds, in which the server's code is compiled. */
const WARM_UP = 3;

/** P10: what a sweep of a tenth of the table does to the guarded route's slowest answers. */
export async function measureSweep({ rows = 1_000_000, rounds = 5 } = {}) {
  return withDatabase(async ({ url, client }) => {
    const { secret } = makeSecrets();
    await makeLargeTable({ url, rows, secret });
    const side = await Side.start({ side: 'ours', storage: 'database', platform: 'express', url, secret });
    const headers = () => ({ 'x-user': sealedUser(rows) });
    const idle = [];
    const sweeping = [];
    const durations = [];
    try {
      await inModule({ secret, db: url }, async (app) => {
        const byok = app.get(ByokService);
        const rest = (seconds) =>
          p99(side.url, headers, () => new Promise((done) => setTimeout(done, seconds * 1_000)));
        await rest(WARM_UP);
        for (let round = 0; round < rounds; round++) {
          await expireSome(client, rows);
          let seconds;
          sweeping.push(
            await p99(side.url, headers, async () => {
              const begun = performance.now();
              const removed = await byok.deleteExpired();
              seconds = (performance.now() - begun) / 1_000;
              // Some were removed after requests of their owners.
              if (removed < rows / 20) throw new Error(`Only ${removed} keys were swept`);
            }),
          );
          durations.push(seconds);
          await client.query('VACUUM user_api_keys');
          await client.query('CHECKPOINT');
          idle.push(await rest(seconds));
        }
      });
    } finally {
      await side.stop();
    }
    return {
      rows,
      swept: rows / 10,
      sweepSeconds: median(durations),
      p99: { idle: median(idle), sweeping: median(sweeping) },
      p99ToIdle: ratio(sweeping, idle),
    };
  });
}

async function p99(url, headers, meanwhile) {
  return percentile(await timings(url, { connections: CONNECTIONS, rate: RATE, headers, meanwhile }), 99);
}

/** A tenth as many rows again, expired a moment ago. */
async function expireSome(client, rows) {
  await client.query(
    `INSERT INTO user_api_keys (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint, expires_at)
     SELECT owner_kind, owner_id, provider, 'expired', key_id, ciphertext, hint, fingerprint, now() - interval '1 second'
     FROM user_api_keys WHERE label = 'default' ORDER BY md5(owner_id) LIMIT $1`,
    [rows / 10],
  );
  await client.query('VACUUM ANALYZE user_api_keys');
  await client.query('CHECKPOINT');
}
