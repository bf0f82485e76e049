import { expect } from '@jest/globals';
import type { ByokModuleOptions } from 'nestjs-byok';
import { createDatabase } from '../../support/postgres.js';
import { until } from '../../support/until.js';
import { bench, KEY, load, start, type Runs } from '../bench.js';

/** Snippets of notices. */
export const NOTICES_RUNS: Runs = {
  'notices.ts': async () => {
    const { mailNotices } = await load<{
      mailNotices: (
        send: (userId: string, text: string) => Promise<void>,
      ) => Pick<ByokModuleOptions, 'notices' | 'onEvent'>;
    }>('notices.ts');
    const own = await createDatabase();
    const mails: string[] = [];
    const send = async (userId: string, text: string) => void mails.push(`${userId}: ${text}`);
    try {
      const options = { secret: process.env['BYOK_SECRET']!, db: own.url, cleanup: { sweepEvery: 40 } };
      const { byok } = await start(bench.library.ByokModule.forRoot({ ...options, ...mailNotices(send) }));
      const ttl = 24 * 60 * 60 * 1000;
      await byok.setKey({ userId: 'nina' }, 'openai', KEY, { ttl });
      await byok.setKey({ userId: 'otto' }, 'openai', KEY, { ttl: 60 * ttl });
      await until(() => mails.length > 0);
      expect((await byok.listKeys({ userId: 'nina' }))[0].notice).toBe('expiring');
      expect((await byok.listKeys({ userId: 'otto' }))[0]).not.toHaveProperty('notice');
      expect(mails).toEqual(['nina: Your key for openai (default) expires within 14 days. Replace it in time.']);
    } finally {
      await Promise.all(bench.apps.splice(0).map((app) => app.close()));
      await own.drop();
    }
  },
};
