import { NotFoundException } from '@nestjs/common';
import { createDecipheriv, createSecretKey } from 'node:crypto';
import pg from 'pg';
import { controllerWith } from './route.mjs';

/** What the best of us writes into the handler when there is only one: a named select and AES-GCM, no guard. */
export function handWritten({ url, gcmKey }) {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const key = createSecretKey(gcmKey, 'base64url');
  async function handler(request) {
    const { rows } = await pool.query({
      name: 'hand_written',
      text: 'SELECT sealed FROM hand_written WHERE owner = $1 AND provider = $2',
      values: [request.headers['x-user'], 'openai'],
    });
    if (rows.length === 0) throw new NotFoundException();
    return { length: open(key, rows[0].sealed).length };
  }
  return { controllers: [controllerWith(handler)] };
}

function open(key, sealed) {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 });
  decipher.setAuthTag(sealed.subarray(12, 28));
  return decipher.update(sealed.subarray(28), undefined, 'utf8') + decipher.final('utf8');
}
