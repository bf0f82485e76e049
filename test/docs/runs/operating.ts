import { expect } from '@jest/globals';
import { Module, type INestApplication } from '@nestjs/common';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createDatabase } from '../../support/postgres.js';
import { bench, codeOf, KEY, load, start, startAppModule, type Runs } from '../bench.js';
import { runWithVault } from './vault.js';

const run = promisify(execFile);

/** Snippets of secrets-and-rotation, testing. */
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

  'end-to-end.ts': async () => {
    const { startForTests } = await load<{ startForTests(): Promise<INestApplication> }>('end-to-end.ts');
    const app = await startForTests();
    bench.apps.push(app);
    expect(await app.get(bench.library.ByokService).getKey({ userId: 'test' }, 'openai')).toBe(
      'a-key-that-opens-nothing',
    );
  },

  'jest.sh': async () => {
    await bench.consumer.link('jest');
    await bench.consumer.write(
      'unit.test.js',
      `import { ByokService } from 'nestjs-byok';
      import { ChatController } from './app.module.js';
      test('loads', () => expect([typeof ByokService, typeof ChatController]).toEqual(['function', 'function']));`,
    );
    const args = codeOf('jest.sh').trim().split(' ').slice(1);
    const jest = (...given: string[]) =>
      run(process.execPath, given, { cwd: bench.consumer.folder, env: { ...process.env, NODE_OPTIONS: '' } });
    expect((await jest(...args)).stderr).toContain('Tests:       1 passed');
    // Without the flag, it does not.
    await expect(jest(...args.filter((arg) => arg !== '--experimental-vm-modules'))).rejects.toThrow('unit.test.js');
  },
};
