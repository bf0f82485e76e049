import { expect, it } from '@jest/globals';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { byokMigrations, ByokModule, EncryptionService, RotationService } from '../../lib/index.js';
import { startWith } from '../support/byok-app.js';
import { createDatabase } from '../support/postgres.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const ALICE = { userId: 'alice' };

it('A TypeORM whose pool cannot be used directly serves all the same', async () => {
  const database = await createDatabase();
  const [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];
  const start = (secret: string[]) => {
    const typeOrm = TypeOrmModule.forRootAsync({
      useFactory: () => ({ type: 'postgres', retryAttempts: 0 }),
      dataSourceFactory: async () => {
        const dataSource = new DataSource({
          type: 'postgres',
          url: database.url,
          migrations: byokMigrations,
          migrationsRun: true,
        });
        await dataSource.initialize();
        const driver = dataSource.driver as unknown as { master: object };
        driver.master = Object.assign(Object.create(driver.master) as object, { query: undefined });
        return dataSource;
      },
    });
    return startWith(typeOrm, ByokModule.forRoot({ secret, db: {} }));
  };
  const before = await start([old]);
  let after: typeof before | undefined;
  try {
    const { byok } = before;
    await byok.setKey(ALICE, 'openai', KEY);
    await byok.setKey(ALICE, 'anthropic', KEY);
    expect(await byok.getKey(ALICE, 'openai')).toBe(KEY);
    expect(await byok.deleteKey(ALICE, 'none')).toBe(false);
    expect(await byok.deleteKey(ALICE, 'anthropic')).toBe(true);
    expect(await byok.deleteExpired()).toBe(0);

    after = await start([fresh, old]);
    const rotation = after.app.get(RotationService);
    expect(await rotation.rotate()).toMatchObject({ rotated: 1, remaining: 0 });
    expect(await rotation.retire(new EncryptionService(old).keyId.toString('hex'))).toBe(true);
    expect(await after.byok.getKey(ALICE, 'openai')).toBe(KEY);
    expect(await after.byok.clearKeys(ALICE)).toBe(1);
    expect(await after.byok.clearKeys(ALICE)).toBe(0);
  } finally {
    await Promise.all([before.close(), after?.close()]);
    await database.drop();
  }
});
