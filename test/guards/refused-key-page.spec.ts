import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post, Req } from '@nestjs/common';
import { ApiKey, type ByokRequest, ByokService, RequireApiKey } from '../../lib/index.js';
import { type EdgeApp, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { providerOf, sdkError } from '../support/refusals.js';

const OLD = 'an-example-of-an-api-key-1f9c';
const NEW = 'another-example-of-a-key-77ab';
const HTML = 'text/html,application/xhtml+xml,*/*;q=0.8';

let status: number;

beforeEach(() => {
  status = 401;
});

@Controller()
class Chat {
  constructor(private readonly byok: ByokService) {}

  @Get('chat')
  @RequireApiKey('openai')
  chat(@ApiKey() key: string) {
    if (key === OLD) throw sdkError('openai', status, `Incorrect API key provided: ${key}`);
    return 'chatted';
  }

  @Post('work')
  @RequireApiKey('openai', { label: 'work' })
  work() {
    throw sdkError('openai', status);
  }

  @Post('store')
  async store(@Req() request: ByokRequest) {
    await this.byok.setKey(request, 'openai', OLD);
  }

  /** Uses the key of somebody else than who asks. */
  @Get('of-bob')
  async ofBob(@Req() _request: ByokRequest) {
    const key = await this.byok.resolveKey({ userId: 'bob' }, 'openai');
    return key!.use(() => {
      throw sdkError('openai', status);
    });
  }
}

describe.each(PLATFORMS)('The page for a refused key on %s', (platform) => {
  let database: TestDatabase;
  let app: EdgeApp;

  beforeAll(async () => {
    database = await createDatabase();
    const openai = providerOf('openai', {
      name: 'Open AI Ltd',
      keysUrl: 'https://keys.openai.example/list',
      fields: { organization: { label: 'Organization', visible: true }, note: { label: 'Note', type: 'password' } },
    });
    app = await startEdge({
      platform,
      controllers: [Chat],
      options: { db: database.url, rateLimit: false, providers: { openai } },
    });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function person(user: string, label = 'default') {
    const agent = await app.browser(user);
    const fields = { organization: 'org-1', note: 'a-secret-note' };
    await agent.put('/byok/api/keys/openai').send({ apiKey: OLD, label, fields }).expect(200);
    return agent;
  }

  const hidden = (page: string, name: string): string | undefined =>
    new RegExp(`<input type="hidden" name="${name}" value="([^"]*)"`).exec(page)?.[1];

  it('says who refused which key, and replaces it without losing anything of it', async () => {
    const agent = await person('alice');
    const { text, headers } = await agent.get('/chat?room=1').set('Accept', HTML).expect(403);
    expect(headers).toMatchObject(SECURITY_HEADERS);
    for (const part of ['Open AI Ltd refused your key', '…1f9c', 'https://keys.openai.example/list', 'value="org-1"']) {
      expect(text).toContain(part);
    }
    for (const secret of [OLD, 'a-secret-note', 'Incorrect']) expect(text).not.toContain(secret);
    const form = { _csrf: hidden(text, '_csrf'), return_to: hidden(text, 'return_to'), label: hidden(text, 'label') };
    expect(form).toMatchObject({ return_to: '/chat?room=1', label: 'default' });
    const saved = await agent
      .post('/byok/keys/openai')
      .type('form')
      .send({ ...form, api_key: NEW, 'fields[organization]': 'org-1', 'fields[note]': '' })
      .expect(303);
    expect(saved.headers.location).toBe('/chat?room=1');
    await agent.get('/chat?room=1').set('Accept', HTML).expect(200, 'chatted');
    const { body } = await agent.get('/byok/api/keys').expect(200);
    expect(body.keys ?? body).toEqual([
      expect.objectContaining({ fieldNames: expect.arrayContaining(['organization', 'note']) }),
    ]);
  });

  it('is about the key that was used, not about the default key', async () => {
    const agent = await person('carol', 'work');
    await agent.put('/byok/api/keys/openai').send({ apiKey: NEW, label: 'default' }).expect(200);
    const { text } = await agent.post('/work').set('Accept', HTML).set('Referer', 'https://x.example/work').expect(403);
    expect([hidden(text, 'label'), hidden(text, 'return_to')]).toEqual(['work', '/work']);
    expect(text).toContain('…1f9c');
  });

  it.each([
    [402, 402, 'No credit at Open AI Ltd', 'Kein Guthaben bei Open AI Ltd'],
    [403, 403, 'Your key may not do this', 'Ihr Schlüssel darf das nicht'],
    [401, 403, 'Open AI Ltd refused your key', 'Open AI Ltd hat Ihren Schlüssel abgelehnt'],
  ])('of %i says so in the language of the reader', async (given, answered, english, german) => {
    status = given;
    const agent = await person('dave');
    expect((await agent.get('/chat').set('Accept', HTML).expect(answered)).text).toContain(english);
    const translated = await agent.get('/chat').set('Accept', HTML).set('Accept-Language', 'de').expect(answered);
    expect(translated.text).toContain(german);
    expect(translated.text).toContain('lang="de"');
  });

  it("shows nothing of another owner's key, and has no form for it", async () => {
    await person('bob');
    const agent = await person('mallory');
    const { text } = await agent.get('/of-bob').set('Accept', HTML).expect(403);
    expect(text).toContain('Open AI Ltd refused your key');
    expect(text).not.toMatch(/…1f9c|<form|org-1/);
    expect(text).toContain('href="/byok"');
  });
});

describe('The page for a refused key', () => {
  it('has no form where there are no pages to send it to, or no safe way', async () => {
    for (const options of [{ dashboard: false }, { https: 'block' }] as const) {
      const app = await startEdge({
        controllers: [Chat],
        options: { providers: { openai: providerOf('openai') }, ...options },
      });
      try {
        const agent = await app.browser('alice');
        await agent.post('/store').expect(201);
        const { text } = await agent.get('/chat').set('Accept', HTML).expect(403);
        expect(text).toContain('OpenAI refused your key');
        expect(text).not.toContain('<form');
      } finally {
        await app.close();
      }
    }
  });
});
