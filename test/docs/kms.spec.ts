import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VaultTransitWrapper } from '../../lib/kms/vault-transit.wrapper.js';
import { startByok } from '../support/byok-app.js';
import { cli } from '../support/cli.js';
import { Consumer } from '../support/consumer.js';
import { ROOT } from '../support/manifest.js';
import { createDatabase } from '../support/postgres.js';
import { VaultStandIn } from '../support/vault-stand-in.js';
import { snippetsOf } from './snippets.js';

const TEXT = readFileSync(join(ROOT, 'docs/kms.md'), 'utf8');
const SNIPPETS = new Map(snippetsOf(TEXT).map((snippet) => [snippet.name, snippet.code]));

describe('docs/kms.md', () => {
  let consumer: Consumer;

  beforeAll(async () => {
    consumer = await Consumer.withLibrary('@types/node');
  });
  afterAll(() => consumer.remove());

  it('has the snippets that are tried here', async () => {
    expect([...SNIPPETS.keys()]).toEqual([
      'vault.sh',
      'vault.ts',
      'aws-policy.json',
      'aws.ts',
      'byok.secret.mjs',
      'commands.sh',
    ]);
    const files = await Promise.all(['vault.ts', 'aws.ts'].map((name) => consumer.write(name, SNIPPETS.get(name)!)));
    expect(consumer.compile(files)).toEqual([]);
    const { wrapper } = (await import(files[1].replace(/\.ts$/, '.js'))) as { wrapper: { id: string } };
    expect(wrapper.id).toMatch(/^aws-kms:arn:/);
  });

  it('tells the context that is sent, and allows it', async () => {
    const vault = await VaultStandIn.start();
    vault.createKey('byok');
    const database = await createDatabase();
    const secret = new VaultTransitWrapper({ address: vault.address, token: vault.token, key: 'byok' });
    const app = await startByok({ secret, db: database.url });
    const sent = JSON.parse(Buffer.from(vault.last!.body['associated_data'], 'base64').toString()) as Record<
      string,
      string
    >;
    const [, told] = /context `\{ (.*) \}`/.exec(TEXT)!;
    expect(told).toBe(`app: '${sent['app']}', table: '${sent['table']}', keyId: '<16 hex digits>'`);
    expect(Object.keys(sent).sort()).toEqual(['app', 'keyId', 'table']);
    const policy = JSON.parse(SNIPPETS.get('aws-policy.json')!) as {
      Statement: { Condition?: { StringEquals: object } }[];
    };
    expect(policy.Statement[0].Condition!.StringEquals).toEqual({
      'kms:EncryptionContext:app': sent['app'],
      'kms:EncryptionContext:table': sent['table'],
    });
    for (const call of new Set(vault.calls))
      expect(SNIPPETS.get('vault.sh')).toContain(`transit/${call.replace(' ', '/')}`);
    await app.close();
    await database.drop();
    await vault.stop();
  });

  it('has commands that work with its module', async () => {
    const vault = await VaultStandIn.start();
    vault.createKey('byok');
    const database = await createDatabase();
    const path = await consumer.write('byok.secret.mjs', SNIPPETS.get('byok.secret.mjs')!);
    const [line, ...commands] = SNIPPETS.get('commands.sh')!.split('\n');
    expect(line).toBe('export BYOK_SECRET_MODULE=./byok.secret.mjs');
    const given = {
      DATABASE_URL: database.url,
      VAULT_ADDR: vault.address,
      VAULT_TOKEN: vault.token,
      BYOK_SECRET_MODULE: path,
    };
    const secret = new VaultTransitWrapper({ address: vault.address, token: vault.token, key: 'byok' });
    await (await startByok({ secret, db: database.url })).close();
    const ended = await Promise.all(commands.map((command) => cli(command.split(' ').slice(2), given)));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(ended[0].stdout).toContain('All is well.');
    await database.drop();
    await vault.stop();
  });
});
