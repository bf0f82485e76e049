import { setTimeout as sleep } from 'node:timers/promises';
import { anyUser, fillTables, makeSecrets } from '../support/data.mjs';
import { withDatabase } from '../support/database.mjs';
import { load } from '../support/load.mjs';
import { Side } from '../support/side.mjs';

const CONNECTIONS = 200;

/** P11: resident memory after ten minutes at full load beside that after one. */
export async function measureMemory({ rows = 100_000, minutes = 10 } = {}) {
  return withDatabase(async ({ url }) => {
    const secrets = makeSecrets();
    await fillTables({ url, rows, secrets });
    const side = await Side.start({ side: 'ours', storage: 'database', platform: 'express', url, ...secrets });
    const headers = () => ({ 'x-user': anyUser(rows) });
    try {
      const megabytes = [];
      for (let minute = 0; minute < minutes; minute++) {
        await load(side.url, { connections: CONNECTIONS, seconds: 59, headers });
        await sleep(1_000);
        megabytes.push((await side.memory()) / 1e6);
      }
      return { minutes, megabytes, lastToFirst: megabytes[minutes - 1] / megabytes[0] };
    } finally {
      await side.stop();
    }
  });
}
