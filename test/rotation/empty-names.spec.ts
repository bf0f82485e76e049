import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EncryptionService, RotationService } from '../../lib/index.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

describe('A row whose owner, provider and label are empty', () => {
  const [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];
  let database: TestDatabase;
  let app: ByokApp;

  beforeAll(async () => {
    database = await createDatabase();
    await (await startByok({ secret: old, db: database.url })).close();
    app = await startByok({ secret: [fresh, old], db: database.url });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('is counted, verified and re-encrypted, so that its key can be retired', async () => {
    const encryption = new EncryptionService(old);
    const context = {
      purpose: 'database',
      ownerKind: '',
      ownerId: '',
      provider: '',
      label: '',
      expiresAt: null,
    } as const;
    const sealed = encryption.encrypt('{"v":1,"key":"an-example-of-an-api-key"}', context);
    await database.query(
      `INSERT INTO user_api_keys (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint)
        VALUES ('', '', '', '', $1, $2, '', '')`,
      [encryption.keyId, sealed],
    );
    const rotation = app.app.get(RotationService);
    expect((await rotation.status()).rows).toBe(1);
    expect(await rotation.verify()).toMatchObject({ rows: 1, onOldKey: 1, unreadableCount: 0 });
    expect(await rotation.rotate()).toMatchObject({ rotated: 1, remaining: 0 });
    expect(await rotation.retire(encryption.keyId.toString('hex'))).toBe(true);
  });
});
