import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Resolver } from 'node:dns/promises';
import { InvalidInputError } from '../../lib/index.js';
import { SavedUrlCheck } from '../../lib/ssrf/index.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { type DnsServer, startDnsServer } from '../support/dns-server.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { PRIVATE, REFUSED, TAKEN } from './urls.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const ALICE = { userId: 'alice' };

describe('A field that is a URL', () => {
  let database: TestDatabase;
  let app: ByokApp;
  let dns: DnsServer;

  beforeAll(async () => {
    database = await createDatabase();
    dns = await startDnsServer({
      'api.example.com': ['93.184.215.14', '2606:4700::1'],
      'inside.example.com': ['10.0.0.1'],
      'inside6.example.com': ['fd00::1'],
      'half.example.com': ['93.184.215.14', '127.0.0.1'],
      'llm.internal': ['10.0.0.1'],
      'loop.internal': ['127.0.0.1'],
      'slow.example.com': 'silent',
    });
    app = await startByok({
      db: database.url,
      providers: {
        azure: { fields: { endpoint: { type: 'url' } } },
        own: { fields: { endpoint: { type: 'url', allowPrivate: true } } },
      },
    });
    Object.assign(app.app.get(SavedUrlCheck), {
      createResolver: () => {
        const resolver = new Resolver({ timeout: 1_000, tries: 1 });
        resolver.setServers([dns.address]);
        return resolver;
      },
    });
  });
  afterAll(async () => {
    await app.close();
    dns.close();
    await database.drop();
  });

  const save = (endpoint: string, provider = 'azure') =>
    app.byok.setKey(ALICE, provider, KEY, { fields: { endpoint } });
  const verdict = (endpoint: string, provider?: string) =>
    save(endpoint, provider).then(
      () => 'saved',
      (error: unknown) => error,
    );

  it('is refused where its host is not public, and says what to write', async () => {
    for (const url of REFUSED.flatMap(([, urls]) => urls)) {
      expect([url, await verdict(url)]).toEqual([url, expect.any(InvalidInputError)]);
    }
    await expect(save('https://127.1/')).rejects.toThrow(
      'The field endpoint must be an https address. This address is not one of the public internet. Write the https address of a public host, such as https://api.example.com/v1.',
    );
  });

  it('is saved where it is public', async () => {
    for (const url of TAKEN) expect([url, await verdict(url)]).toEqual([url, 'saved']);
    expect(dns.asked).toContain('my-resource.openai.azure.com');
  });

  it('may be of a private network where the provider says so', async () => {
    for (const url of PRIVATE.taken) expect([url, await verdict(url, 'own')]).toEqual([url, 'saved']);
    for (const url of PRIVATE.refused) {
      expect([url, await verdict(url, 'own')]).toEqual([url, expect.any(InvalidInputError)]);
    }
    expect(await verdict('https://llm.internal/', 'own')).toBe('saved');
    expect(await verdict('https://loop.internal/', 'own')).toBeInstanceOf(InvalidInputError);
  });

  it.each(['inside', 'inside6', 'half'])('is refused where DNS answers for %s with an address inside', async (name) => {
    await expect(save(`https://${name}.example.com/`)).rejects.toThrow(InvalidInputError);
  });

  it('is saved where DNS has no answer, or none in time', async () => {
    expect(await verdict('https://unknown.example.com/')).toBe('saved');
    const begun = Date.now();
    expect(await verdict('https://slow.example.com/')).toBe('saved');
    expect(Date.now() - begun).toBeLessThan(15_000);
    expect(dns.asked.filter((name) => name === 'slow.example.com')).toHaveLength(2);
  });

  it('needs allowPrivate to stand beside type url', async () => {
    for (const [field, fault] of [
      [{ allowPrivate: true }, "allowPrivate needs type: 'url'."],
      [{ type: 'url', allowPrivate: 'yes' }, 'allowPrivate must be true or false.'],
    ] as const) {
      await expect(startByok({ providers: { a: { fields: { f: field as object } } } })).rejects.toThrow(fault);
    }
  });
});
