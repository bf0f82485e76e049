import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

// A table of keys as an application may have made it for itself: another cipher, another layout.

const CIPHER = 'chacha20-poly1305';
const OPTIONS = { authTagLength: 16 };
const PAGE = 1_000;

export const oldKeyOf = (n) => `an-example-of-an-old-key-${String(n).padStart(8, '0')}-`.padEnd(60, '0123456789');

/** Makes the table, with one key for each of so many users. */
export async function fillOldTable(client, secret, rows) {
  await client.query(`CREATE TABLE old_keys (
    id bigint PRIMARY KEY, user_id text NOT NULL, provider text NOT NULL, sealed bytea NOT NULL, created_at timestamptz NOT NULL)`);
  for (let start = 0; start < rows; start += 5_000) {
    const ids = Array.from({ length: Math.min(5_000, rows - start) }, (_, i) => start + i);
    await client.query(
      `INSERT INTO old_keys SELECT id, 'user-' || lpad(id::text, 8, '0'), 'openai', sealed, '2024-01-01Z'
       FROM unnest($1::bigint[], $2::bytea[]) AS o (id, sealed)`,
      [ids, ids.map((id) => sealOld(secret, oldKeyOf(id)))],
    );
  }
}

/** Yields what `importKeys` takes, a page of the table at a time. */
export async function* oldKeys(client, secret) {
  for (let after = -1; ;) {
    const { rows } = await client.query({
      name: 'old_page',
      text: `SELECT id, user_id, provider, sealed, created_at FROM old_keys WHERE id > $1 ORDER BY id LIMIT ${PAGE}`,
      values: [after],
    });
    for (const { user_id: userId, provider, sealed, created_at: createdAt } of rows) {
      yield { userId, provider, apiKey: openOld(secret, sealed), createdAt };
    }
    if (rows.length < PAGE) return;
    after = rows.at(-1).id;
  }
}

function sealOld(secret, text) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv(CIPHER, secret, nonce, OPTIONS);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

function openOld(secret, sealed) {
  const decipher = createDecipheriv(CIPHER, secret, sealed.subarray(0, 12), OPTIONS);
  decipher.setAuthTag(sealed.subarray(12, 28));
  return decipher.update(sealed.subarray(28), undefined, 'utf8') + decipher.final('utf8');
}
