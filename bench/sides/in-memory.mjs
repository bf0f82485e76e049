import pg from 'pg';
import { EncryptionService } from '../../dist/index.js';
import { contextOf } from '../../test/support/sealed-rows.mjs';
import { controllerWith } from './route.mjs';

const RECORDS = 10_000;

/** Our records from memory, opened in the handler without a guard: how much decryption alone leaves of the bare route. */
export async function inMemory({ url, secret }) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('SELECT owner_id, ciphertext FROM user_api_keys LIMIT $1', [RECORDS]);
  await client.end();
  const encryption = new EncryptionService(secret);
  let next = 0;
  function handler() {
    const { owner_id: ownerId, ciphertext } = rows[next++ % rows.length];
    return { length: JSON.parse(encryption.decrypt(ciphertext, contextOf(ownerId))).key.length };
  }
  return { controllers: [controllerWith(handler)] };
}
