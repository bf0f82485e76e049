import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post, Req } from '@nestjs/common';
import fc from 'fast-check';
import {
  assertPublicUrl,
  type ByokRequest,
  ByokService,
  InvalidInputError,
  RequireApiKey,
  type ResolvedApiKey,
  ResolvedKey,
} from '../../lib/index.js';
import { checkBaseUrl } from '../../lib/ssrf/index.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const lookup = async () => [{ address: '93.184.215.14', family: 4 }];

/** What is sent, and what a handler gets. */
const SPELLINGS: [string, string][] = [
  ['https://api.example.com/v1', 'https://api.example.com/v1'],
  ['  https://api.example.com/v1\t\r\n', 'https://api.example.com/v1'],
  ['\u00a0\ufeff\u200bhttps://api.example.com/v1\u200b\u2028', 'https://api.example.com/v1'],
  ['HTTPS://API.Example.COM/V1', 'https://api.example.com/V1'],
  ['https:\\\\api.example.com\\v1', 'https://api.example.com/v1'],
  ['https:api.example.com/v1', 'https://api.example.com/v1'],
  ['https:///api.example.com/v1', 'https://api.example.com/v1'],
  ['https:/\\/\\api.example.com/v1', 'https://api.example.com/v1'],
  ['https://api.example.com:443/v1', 'https://api.example.com/v1'],
  ['https://api.example.com:08443/v1', 'https://api.example.com:8443/v1'],
  ['https://@api.example.com/v1', 'https://api.example.com/v1'],
  ['https://münchen.example/v1', 'https://xn--mnchen-3ya.example/v1'],
  ['https://ａｐｉ。example.com/v1', 'https://api.example.com/v1'],
  ['https://%61pi.example.com/v1', 'https://api.example.com/v1'],
  ['https://api.example.com/a/../v1/./x', 'https://api.example.com/v1/x'],
  ['https://api.example.com/a/%2e%2E/v1', 'https://api.example.com/v1'],
  ['https://api.example.com/..//', 'https://api.example.com'],
  ['https://api.example.com', 'https://api.example.com'],
  ['https://api.example.com/', 'https://api.example.com'],
  ['https://api.example.com/v1///', 'https://api.example.com/v1'],
  ['https://api.example.com/ü "x"', 'https://api.example.com/%C3%BC%20%22x%22'],
  ['https://134744072/v1', 'https://8.8.8.8/v1'],
  ['https://0x8.010.8.8/v1', 'https://8.8.8.8/v1'],
  ['https://[2606:4700:4700:0:0:0:0:1111]/v1', 'https://[2606:4700:4700::1111]/v1'],
];

const REFUSED = [
  'https://api.example.com/v1\nhttps://other.example.com/',
  'https://api.exa\tmple.com/v1',
  'https://api.example.com/\u0000',
  'https://api.example.com/\ud800',
  'https://api.example.com/v1?key=x',
  'https://api.example.com/v1?',
  'https://api.example.com/v1#part',
  'https://api.example.com./v1',
  'https://[fe80::1%25eth0]/',
  'https://[2606:4700::1%25eth0]/',
  'https://0x7f.1/',
  'https:\\\\127.0.0.1\\v1',
  'https://%6c%6f%63alhost/',
  'https://user@api.example.com/',
  `https://ü.example/${'ü'.repeat(2_000)}`,
];

@Controller()
class EndpointController {
  constructor(private readonly byok: ByokService) {}

  @Get('endpoint')
  @RequireApiKey('azure')
  endpoint(@ResolvedKey() key: ResolvedApiKey) {
    return key.fields;
  }

  @Post('adopt')
  async adopt(@Req() request: ByokRequest & { user?: unknown }) {
    request.user = { id: 'alice-of-a-session' };
    return { moved: await this.byok.adoptSessionKeys(request) };
  }
}

describe.each(PLATFORMS)('An address in a field, on %s,', (platform) => {
  let database: TestDatabase;
  let app: EdgeApp;

  beforeAll(async () => {
    database = await createDatabase();
    app = await startEdge({
      platform,
      controllers: [EndpointController],
      options: {
        db: database.url,
        https: 'off',
        rateLimit: false,
        providers: { azure: { fields: { endpoint: { type: 'url', required: true } } } },
      },
    });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const used = async (browser: Awaited<ReturnType<EdgeApp['browser']>>) =>
    (await browser.get('/endpoint').expect(200)).body as object;

  it('is stored by the JSON API as it was checked', async () => {
    const alice = await app.browser('alice');
    for (const [endpoint, stored] of SPELLINGS) {
      await alice.put('/byok/api/keys/azure').send({ apiKey: KEY, fields: { endpoint } }).expect(200);
      expect([endpoint, await used(alice)]).toEqual([endpoint, { endpoint: stored }]);
    }
    for (const endpoint of REFUSED) {
      const { status, body } = await alice.put('/byok/api/keys/azure').send({ apiKey: KEY, fields: { endpoint } });
      expect([endpoint, status, body.code]).toEqual([endpoint, 400, 'BYOK_INVALID_INPUT']);
    }
  });

  it('is stored by a form as it was checked', async () => {
    const alice = await app.browser('alice of a form');
    const page = await alice.get('/byok').set('Accept', 'text/html').expect(200);
    const _csrf = /name="_csrf" value="([^"]+)"/.exec(page.text)![1];
    const form = { _csrf, api_key: KEY, provider: 'azure' };
    for (const [endpoint, stored] of SPELLINGS) {
      await alice
        .post('/byok/keys/azure')
        .type('form')
        .send({ ...form, 'fields[endpoint]': endpoint })
        .expect(303);
      expect([endpoint, await used(alice)]).toEqual([endpoint, { endpoint: stored }]);
    }
  });

  it('keeps its form when a session’s key becomes that of a user', async () => {
    const visitor = await app.browser();
    const [endpoint, stored] = SPELLINGS[1];
    await visitor.put('/byok/api/keys/azure').send({ apiKey: KEY, fields: { endpoint } }).expect(200);
    expect(await used(visitor)).toEqual({ endpoint: stored });
    await visitor.post('/adopt').expect(201, { moved: 1 });
    expect(await used(app.client('alice-of-a-session') as never)).toEqual({ endpoint: stored });
  });

  it('is stored by the service as it was checked, and used as it is stored', async () => {
    const alice = { userId: 'alice of a service' };
    for (const [endpoint, stored] of SPELLINGS) {
      await app.byok.setKey(alice, 'azure', KEY, { fields: { endpoint } });
      const { fields } = (await app.byok.resolveKey(alice, 'azure'))!;
      expect([endpoint, fields.endpoint]).toEqual([endpoint, stored]);
      const { url } = await assertPublicUrl(fields.endpoint, { lookup });
      expect(url.href.replace(/\/$/, '')).toBe(fields.endpoint);
    }
    for (const endpoint of REFUSED) {
      const refused = app.byok.setKey(alice, 'azure', KEY, { fields: { endpoint } });
      await expect(refused).rejects.toThrow(InvalidInputError);
    }
  });

  it('is missing if there is nothing but blanks', async () => {
    const blank = app.byok.setKey({ userId: 'bob' }, 'azure', KEY, { fields: { endpoint: ' \u200b ' } });
    await expect(blank).rejects.toThrow(InvalidInputError);
  });
});

describe('A checked address', () => {
  it('is the same when it is checked again', () => {
    const part = fc.string({
      unit: fc.constantFrom('a', 'A', '.', '/', '\\', ':', '%2e', 'ü', ' ', '0x7', '8', '@', '['),
    });
    let taken = 0;
    fc.assert(
      fc.property(part, part, (host, path) => {
        let once: string;
        try {
          once = checkBaseUrl(`https://${host}8.8.8.8.example/${path}`);
        } catch {
          return;
        }
        taken++;
        expect(checkBaseUrl(once)).toBe(once);
        expect(new URL(once).href.replace(/\/+$/, '')).toBe(once);
      }),
      { numRuns: 2_000, seed: 20261127 },
    );
    expect(taken).toBeGreaterThan(200);
  });
});
