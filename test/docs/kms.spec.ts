import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VaultStandIn } from '../support/vault-stand-in.js';
import { startByok } from '../support/byok-app.js';
import { Consumer, readManifest, ROOT } from '../support/consumer.js';
import { createDatabase } from '../support/postgres.js';
import { VaultTransitWrapper } from '../../lib/kms/vault-transit.wrapper.js';
import { snippetsOf } from './snippets.js';

const TEXT = readFileSync(join(ROOT, 'docs/kms.md'), 'utf8');
const SNIPPETS = new Map(snippetsOf(TEXT).map((snippet) => [snippet.name, snippet.code]));

describe('docs/kms.md', () => {
  let consumer: Consumer;

  beforeAll(async () => {
    consumer = await Consumer.create('module');
    const { dependencies, peerDependencies } = await readManifest();
    await consumer.link(...Object.keys({ ...dependencies, ...peerDependencies }), '@types/node');
    await consumer.linkLibrary();
  });
  afterAll(() => consumer.remove());

  it('has the snippets that are tried here', async () => {
    expect([...SNIPPETS.keys()]).toEqual(['vault.sh', 'vault.ts', 'aws-policy.json', 'aws.ts']);
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
});
