import { createSecretKey } from 'node:crypto';
import pg from 'pg';
import { ByokService, EncryptionService } from '../../dist/index.js';
import { apiKeyOf, sealWith } from '../../test/support/sealed-rows.mjs';
import { anyUser, fillTables, makeSecrets, sealBare } from '../support/data.mjs';
import { withDatabase } from '../support/database.mjs';
import { inModule } from '../support/module.mjs';
import { alternate, median, ratio } from '../support/rounds.mjs';

const WRITERS = 50;

/** The row that we store, without the limit of keys and without what `setKey` answers. */
const SAME_ROW = `INSERT INTO user_api_keys AS k
    (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint, field_names, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT (owner_kind, owner_id, provider, label) DO UPDATE SET key_id = excluded.key_id, ciphertext = excluded.ciphertext,
    hint = excluded.hint, fingerprint = excluded.fingerprint, field_names = excluded.field_names,
    expires_at = excluded.expires_at, updated_at = now()`;

/**
 * P6: `setKey` beside an upsert written by hand, into a table of five columns and into ours. Half of the writes replace a
 * key, half are a user's first.
 */
export async function measureWrites({ rows = 20_000, rounds = 5, seconds = 3 } = {}) {
  return withDatabase(async ({ url }) => {
    const secrets = makeSecrets();
    await fillTables({ url, rows, secrets });
    const pool = new pg.Pool({ connectionString: url, max: 10 });
    // A client that is still closing when the server stops.
    pool.on('error', () => {});
    const gcm = createSecretKey(secrets.gcmKey, 'base64url');
    const handWritten = (user) =>
      pool.query({
        name: 'hand_written_upsert',
        text: `INSERT INTO hand_written (owner, provider, sealed) VALUES ($1, $2, $3)
          ON CONFLICT (owner, provider) DO UPDATE SET sealed = excluded.sealed, updated_at = now()`,
        values: [user, 'openai', sealBare(gcm, apiKeyOf(user))],
      });
    try {
      const options = { secret: secrets.secret, db: { type: 'postgres', url, extra: { max: 10 } } };
      return await inModule(options, async (app) => {
        const byok = app.get(ByokService);
        const seal = sealWith(app.get(EncryptionService));
        const sameRow = (user) => {
          const { keyId, ciphertext, fingerprint } = seal({ ownerId: user, apiKey: apiKeyOf(user) });
          const values = ['user', user, 'openai', 'default', keyId, ciphertext, '…', fingerprint, [], null];
          return pool.query({ name: 'same_row', text: SAME_ROW, values });
        };
        const ours = (userId) => byok.setKey({ userId }, 'openai', apiKeyOf(userId));
        const written = await alternate(
          {
            setKey: () => writesASecond(ours, rows * 2, seconds),
            handWritten: () => writesASecond(handWritten, rows * 2, seconds),
            sameRow: () => writesASecond(sameRow, rows * 2, seconds),
          },
          rounds,
        );
        return {
          writesASecond: {
            setKey: median(written.setKey),
            handWritten: median(written.handWritten),
            sameRow: median(written.sameRow),
          },
          toHandWritten: ratio(written.setKey, written.handWritten),
          toSameRow: ratio(written.setKey, written.sameRow),
        };
      });
    } finally {
      await pool.end();
    }
  });
}

async function writesASecond(write, users, seconds) {
  const begun = performance.now();
  const until = begun + seconds * 1_000;
  let done = 0;
  const writer = async () => {
    for (; performance.now() < until; done++) await write(anyUser(users));
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return (done * 1_000) / (performance.now() - begun);
}
