import { expect } from '@jest/globals';
import { createDatabase } from '../../support/postgres.js';
import type { SnippetApp } from '../../support/snippet-app.js';
import { VaultStandIn } from '../../support/vault-stand-in.js';

/** Runs a module whose secret Vault keeps, at the address and on the database that the environment names. */
export async function runWithVault(start: () => Promise<SnippetApp>): Promise<void> {
  const vault = await VaultStandIn.start();
  vault.createKey('byok');
  const database = await createDatabase();
  const before = { ...process.env };
  Object.assign(process.env, { DATABASE_URL: database.url, VAULT_ADDR: vault.address, VAULT_TOKEN: vault.token });
  try {
    const app = await start();
    await app.byok.setKey({ userId: 'alice' }, 'openai', 'an-example-of-an-api-key-1f9c');
    expect(await app.byok.getKey({ userId: 'alice' }, 'openai')).toBe('an-example-of-an-api-key-1f9c');
    expect(vault.calls).toContain('encrypt byok');
    await app.close();
  } finally {
    process.env = before;
    await database.drop();
    await vault.stop();
  }
}
