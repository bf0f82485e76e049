import pg from 'pg';
import { ByokService } from '../../dist/index.js';
import { makeSecrets } from '../support/data.mjs';
import { withDatabase } from '../support/database.mjs';
import { inModule } from '../support/module.mjs';
import { alternate, median, ratio } from '../support/rounds.mjs';

const BATCH = 1_000;
const KEY = 'an-example-of-an-api-key-2f7c41d07be8a6539f2c41d07be8a653941';

/**
 * P14: `importKeys` beside an upsert of constants by hand, of the same columns in batches of the same size. Each round has users
 * of its own, so every row is new.
 */
export async function measureImports({ rows = 50_000, rounds = 5 } = {}) {
  return withDatabase(async ({ url, client }) => {
    const { secret } = makeSecrets();
    return inModule({ secret, db: url }, async (app) => {
      const byok = app.get(ByokService);
      const keyId = (await client.query('SELECT key_id FROM byok_keyring')).rows[0].key_id;
      const pool = new pg.Pool({ connectionString: url, max: 1 });
      pool.on('error', () => {});
      let next = 0;
      const users = () => Array.from({ length: rows }, () => `user-${String(next++).padStart(9, '0')}`);
      const ours = async () => {
        const begun = performance.now();
        const result = await byok.importKeys(items(users()));
        if (result.stored !== rows) throw new Error(`Not all were stored: ${JSON.stringify(result).slice(0, 200)}`);
        return rate(rows, begun);
      };
      const constants = async () => {
        const ids = users();
        const begun = performance.now();
        for (let start = 0; start < rows; start += BATCH) await upsert(pool, ids.slice(start, start + BATCH), keyId);
        return rate(rows, begun);
      };
      try {
        const found = await alternate({ importKeys: ours, constants }, rounds);
        return {
          rows,
          keysASecond: { importKeys: median(found.importKeys), constants: median(found.constants) },
          toConstants: ratio(found.importKeys, found.constants),
        };
      } finally {
        await pool.end();
      }
    });
  });
}

async function* items(users) {
  for (const userId of users) yield { userId, provider: 'openai', apiKey: KEY };
}

function upsert(pool, ids, keyId) {
  const same = (value) => ids.map(() => value);
  return pool.query({
    name: 'batched_constants',
    text: `INSERT INTO user_api_keys AS k (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint)
      SELECT 'user', id, 'openai', 'default', key_id, ciphertext, '…3941', fingerprint
      FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[]) AS g (id, key_id, ciphertext, fingerprint)
      ON CONFLICT (owner_kind, owner_id, provider, label) DO UPDATE SET ciphertext = excluded.ciphertext,
        key_id = excluded.key_id, hint = excluded.hint, fingerprint = excluded.fingerprint, updated_at = now()`,
    values: [ids, same(keyId), same(Buffer.alloc(218, 1)), same(Buffer.alloc(16, 1))],
  });
}

function rate(rows, begun) {
  return (rows * 1_000) / (performance.now() - begun);
}
