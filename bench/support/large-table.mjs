import pg from 'pg';
import { EncryptionService } from '../../dist/index.js';
import { sealWith, apiKeyOf, userId } from '../../test/support/sealed-rows.mjs';
import { inModule } from './module.mjs';

const BATCH = 250_000;
/** Rows that are really sealed, evenly among all: those that are asked for. */
export const SEALED = 10_000;

/** Which users of such a table have a key that opens. */
export const sealedUser = (rows) => userId(Math.floor(Math.random() * SEALED) * (rows / SEALED));

/**
 * Makes a table of so many rows quickly: most hold one and the same record, which opens for nobody.
 *
 * @param {{ url: string, tableName?: string, rows: number, secret: string }} options
 */
export async function makeLargeTable({ url, tableName = 'user_api_keys', rows, secret }) {
  await inModule({ secret, db: url, tableName }, async () => {});
  const seal = sealWith(new EncryptionService(secret));
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { keyId, ciphertext, fingerprint } = seal({ ownerId: 'nobody', apiKey: apiKeyOf('nobody-0000000') });
  for (let start = 0; start < rows; start += BATCH) {
    await client.query(
      `INSERT INTO "${tableName}" (owner_kind, owner_id, provider, key_id, ciphertext, hint, fingerprint)
       SELECT 'user', 'user-' || lpad(n::text, 7, '0'), 'openai', $3, $4, '…4321', $5
       FROM generate_series($1::int, $2::int) AS n WHERE n % $6::int <> 0`,
      [start, Math.min(rows, start + BATCH) - 1, keyId, ciphertext, fingerprint, rows / SEALED],
    );
  }
  const owners = Array.from({ length: SEALED }, (_, i) => userId((i * rows) / SEALED));
  const sealed = owners.map((ownerId) => seal({ ownerId, apiKey: apiKeyOf(ownerId) }));
  await client.query(
    `INSERT INTO "${tableName}" (owner_kind, owner_id, provider, key_id, ciphertext, hint, fingerprint)
     SELECT 'user', id, 'openai', $3, ciphertext, '…4321', $4 FROM unnest($1::text[], $2::bytea[]) AS u(id, ciphertext)`,
    [owners, sealed.map((each) => each.ciphertext), keyId, fingerprint],
  );
  await client.query(`VACUUM ANALYZE "${tableName}"`);
  await client.end();
}
