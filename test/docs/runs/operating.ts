import { expect } from '@jest/globals';
import { Module } from '@nestjs/common';
import { createDatabase } from '../../support/postgres.js';
import { bench, KEY, load, start, startAppModule, type Runs } from '../bench.js';
import { runWithVault } from './vault.js';

/** Snippets of secrets-and-rotation. */
export const OPERATING_RUNS: Runs = {
  'rotate.ts': async () => {
    const { Rotation } = await load<{ Rotation: new (...args: never[]) => { moveToNewestSecret(): Promise<void> } }>(
      'rotate.ts',
    );
    const own = await createDatabase();
    try {
      class RotationModule {}
      Module({ providers: [Rotation] })(RotationModule);
      const [older, newer] = [1, 2].map(() => bench.library.EncryptionService.generateSecret());
      const options = { db: own.url, storage: 'database' } as const;
      const before = await start(bench.library.ByokModule.forRoot({ secret: older, ...options }));
      await before.byok.setKey({ userId: 'lena' }, 'openai', KEY);
      const app = await start(bench.library.ByokModule.forRoot({ secret: [newer, older], ...options }), RotationModule);
      await app.nest.get(Rotation).moveToNewestSecret();
      const [{ retired }] = await own.query('SELECT count(*)::int AS retired FROM byok_retired_keys');
      expect(retired).toBe(1);
      for (const { close } of bench.apps.splice(0)) await close();
      const after = await start(bench.library.ByokModule.forRoot({ secret: newer, ...options }));
      expect(await after.byok.getKey({ userId: 'lena' }, 'openai')).toBe(KEY);
      for (const { close } of bench.apps.splice(0)) await close();
    } finally {
      await own.drop();
    }
  },

  'rotation.ts': async () => {
    const before = await startAppModule();
    await before.byok.setKey({ userId: 'kate' }, 'openai', KEY);
    const older = process.env['BYOK_SECRET']!;
    process.env['BYOK_SECRET'] = `${bench.library.EncryptionService.generateSecret()},${older}`;
    const app = await start((await load<{ byok: never }>('rotation.ts')).byok);
    process.env['BYOK_SECRET'] = older;
    expect(await app.byok.getKey({ userId: 'kate' }, 'openai')).toBe(KEY);
    await app.byok.setKey({ userId: 'kate' }, 'anthropic', KEY);
    const ids = await bench.database.query(`SELECT DISTINCT key_id FROM user_api_keys WHERE owner_id = 'kate'`);
    expect(ids).toHaveLength(2);
    await app.byok.clearKeys({ userId: 'kate' });
  },

  'vault.module.ts': () =>
    runWithVault(async () => start((await load<{ VaultModule: never }>('vault.module.ts')).VaultModule)),
};
