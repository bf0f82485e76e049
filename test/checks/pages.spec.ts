import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Agent } from 'supertest';
import { type CheckStandIn, startCheckStandIn } from '../support/check-stand-in.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const KEY = 'an-example-of-a-key-1f9c';
const REFUSED = 'an-example-of-a-refused-key-1f9c';

describe.each(PLATFORMS)('The pages, for providers that are asked, on %s', (platform) => {
  let database: TestDatabase;
  let provider: CheckStandIn;
  let app: EdgeApp;

  const start = async (rateLimit: false | object = false) =>
    startEdge({
      platform,
      options: { db: database.url, providers: { acme: provider.config, plain: {} }, checkOnSave: true, rateLimit },
    });

  beforeAll(async () => {
    [database, provider] = await Promise.all([createDatabase(), startCheckStandIn()]);
    app = await start();
    provider.answer(REFUSED, 401);
  });
  afterAll(async () => {
    await app.close();
    await provider.close();
    await database.drop();
  });

  const page = async (browser: Agent) => (await browser.get('/byok').set('Accept', 'text/html').expect(200)).text;
  const textOf = (html: string): string => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
  async function submit(browser: Agent, path: string, fields: object, status = 303): Promise<string> {
    const [, token] = /name="_csrf" value="([^"]+)"/.exec(await page(browser))!;
    await browser
      .post(`/byok${path}`)
      .type('form')
      .set('Accept', 'text/html')
      .send({ _csrf: token, ...fields })
      .expect(status);
    return page(browser);
  }

  it('store what is accepted, refuse what is refused, and say when it could not be checked', async () => {
    const browser = await app.browser('saves');
    const refused = textOf(await submit(browser, '/keys/acme', { api_key: REFUSED, mode: 'add' }));
    expect(refused).toContain('Acme refused this key, so it was not saved. Copy it again, or create a new one there.');
    expect(refused).not.toContain('Your keys');
    expect(textOf(await submit(browser, '/keys/acme', { api_key: KEY, mode: 'add' }))).toMatch(
      /The key for Acme was saved .*Accepted just now/,
    );
    expect(textOf(await submit(browser, '/keys/acme', { api_key: REFUSED, label: 'default' }))).toContain(
      'Acme refused this key',
    );
    provider.answer(KEY, 503);
    const unknown = textOf(await submit(browser, '/keys/acme', { api_key: KEY, label: 'default' }));
    expect(unknown).toMatch(
      /was replaced .*Acme could not be asked whether it accepts the key\..*Could not be checked/,
    );
  });

  it('have a button that asks now, for providers that can be asked', async () => {
    const browser = await app.browser('checks');
    provider.answer(KEY, 200);
    await app.byok.setKey({ userId: 'checks' }, 'acme', KEY);
    await app.byok.setKey({ userId: 'checks' }, 'plain', KEY);
    const before = await page(browser);
    expect(textOf(before)).toMatch(/Acme .*Not checked yet/);
    expect(before.match(/action="[^"]*\/check"/g)).toEqual(['action="/byok/keys/acme/check"']);
    const check = async () => textOf(await submit(browser, '/keys/acme/check', { label: 'default' }));
    expect(await check()).toMatch(/Acme accepted the key\. .*Accepted just now/);
    provider.answer(KEY, 200, { reason: 'no-credit' });
    expect(await check()).toMatch(/It has no credit\. .*Accepted; no credit .*Add credit at Acme/);
    provider.answer(KEY, 500);
    expect(await check()).toMatch(/could not be asked .*Accepted; no credit/);
    provider.answer(KEY, 401);
    expect(await check()).toMatch(/Acme refused the key\. Replace it\. .*Refused just now/);
    const plain = textOf(await submit(browser, '/keys/plain/check', { label: 'default' }));
    expect(plain).toContain('There is no check for keys of Plain.');
  });

  it('count a refusal twice, so that they tell nobody which of many stolen keys still work', async () => {
    const limited = await start({ perOwner: 6 });
    try {
      const thief = await limited.browser('thief');
      const put = (apiKey: string) => thief.put('/byok/api/keys/acme').send({ apiKey });
      for (let i = 0; i < 3; i++) await put(REFUSED).expect(422);
      await put(KEY).expect(429);
      const other = await limited.browser('other');
      provider.answer(KEY, 200);
      for (let i = 0; i < 6; i++) await other.put('/byok/api/keys/acme').send({ apiKey: KEY }).expect(200);
      await other.post('/byok/api/keys/acme/check').expect(429);
    } finally {
      await limited.close();
    }
  });
});
