import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { Browser, type SessionApp, startSessionApp } from '../support/session-app.js';
import { fastifyMemorySessions, memorySessions, type TestSessions } from '../support/sessions.js';

const KEY_OF_A = 'test-key-alice-0123456789';
const KEY_OF_B = 'test-key-bob-0123456789';

describe.each([
  ['express', memorySessions],
  ['fastify', fastifyMemorySessions],
] as const)('Users who share one session on %s', (platform, inMemory) => {
  let sessions: TestSessions;
  let app: SessionApp;

  beforeAll(async () => {
    sessions = inMemory();
    app = await startSessionApp(sessions.store, { storage: 'session' }, platform);
  });
  afterAll(() => app.close());

  const idOf = ({ sessionId }: Browser) => sessionId;
  const recordsOf = async (browser: Browser) => {
    const held = (await sessions.stored(idOf(browser)))?.['byok'] as { keys: { ownerId: string }[] } | undefined;
    return held?.keys.map(({ ownerId }) => ownerId) ?? [];
  };
  const get = async (browser: Browser, path: string) => (await browser.send('GET', app.url + path)).body;
  const post = async (browser: Browser, path: string, body?: object) =>
    (await browser.send('POST', app.url + path, body)).body;

  async function signedInAsA(): Promise<Browser> {
    const browser = new Browser();
    await post(browser, '/sign-in/a');
    await post(browser, '/byok/openai', { key: KEY_OF_A });
    expect(await get(browser, '/byok/openai')).toEqual({ key: KEY_OF_A });
    expect(await recordsOf(browser)).toEqual(['a']);
    return browser;
  }

  it.each([
    ['reads', (browser: Browser) => get(browser, '/byok/openai'), { key: null }],
    ['lists', (browser: Browser) => get(browser, '/byok'), { providers: [] }],
  ])("B sees nothing of A who signed in before, and A's records go when B %s", async (_, look, nothing) => {
    const browser = await signedInAsA();
    await post(browser, '/sign-in/b');
    expect(await look(browser)).toEqual(nothing);
    expect(await recordsOf(browser)).toEqual([]);
    await post(browser, '/sign-in/a');
    expect(await get(browser, '/byok/openai')).toEqual({ key: null });
  });

  it("B stores a key, and A's go", async () => {
    const browser = await signedInAsA();
    await post(browser, '/sign-in/b');
    await post(browser, '/byok/anthropic', { key: KEY_OF_B });
    expect(await recordsOf(browser)).toEqual(['b']);
    expect(await get(browser, '/byok')).toEqual({ providers: ['anthropic'] });
  });

  it("B cannot delete A's key: there is none", async () => {
    const browser = await signedInAsA();
    await post(browser, '/sign-in/b');
    expect((await browser.send('DELETE', `${app.url}/byok/openai`)).body).toEqual({ deleted: false });
  });

  it('who has signed out sees nothing of A, and A does again', async () => {
    const browser = await signedInAsA();
    await post(browser, '/sign-out');
    expect(await get(browser, '/byok/openai')).toEqual({ key: null });
    expect(await get(browser, '/byok')).toEqual({ providers: [] });
    await post(browser, '/sign-in/a');
    expect(await get(browser, '/byok/openai')).toEqual({ key: KEY_OF_A });
  });

  it('who has signed out and whose session was destroyed leaves nothing in the store', async () => {
    const browser = await signedInAsA();
    const id = idOf(browser);
    await post(browser, '/sign-out-for-good');
    expect(await sessions.stored(id)).toBeNull();
    expect(await get(browser, '/byok/openai')).toEqual({ key: null });
  });

  it('B with the session id of A sees nothing of A', async () => {
    const a = await signedInAsA();
    const b = new Browser(a.cookie);
    await post(b, '/sign-in/b');
    expect(idOf(b)).toBe(idOf(a));
    expect(await get(b, '/byok/openai')).toEqual({ key: null });
    expect(await get(b, '/byok')).toEqual({ providers: [] });
  });

  it("A who signs in with the session id that B has fixed keeps the key out of B's reach", async () => {
    const b = new Browser();
    await post(b, '/sign-in/b');
    const a = new Browser(b.cookie);
    await post(a, '/sign-in/a');
    await post(a, '/byok/openai', { key: KEY_OF_A });
    const visitor = new Browser(b.cookie);
    await post(visitor, '/sign-out');
    expect(await get(visitor, '/byok/openai')).toEqual({ key: null });
    await post(b, '/sign-in/b');
    expect(await get(b, '/byok/openai')).toEqual({ key: null });
    expect(await recordsOf(b)).toEqual([]);
  });

  it('a visitor who signs in keeps the keys waiting, whoever it is', async () => {
    const browser = new Browser();
    await post(browser, '/byok/openai', { key: KEY_OF_A });
    await post(browser, '/sign-in/a');
    expect(await get(browser, '/byok/openai')).toEqual({ key: null });
    expect(await recordsOf(browser)).toHaveLength(1);
    expect(await post(browser, '/adopt')).toEqual({ adopted: 1 });
    expect(await get(browser, '/byok/openai')).toEqual({ key: KEY_OF_A });
    expect(await recordsOf(browser)).toEqual(['a']);
  });

  it('a record that is copied into another session does not open there', async () => {
    const a = new Browser();
    await post(a, '/byok/openai', { key: KEY_OF_A });
    const b = new Browser();
    await post(b, '/byok/anthropic', { key: KEY_OF_B });
    const [from, to] = await Promise.all([a, b].map((browser) => sessions.stored(idOf(browser))));
    type Held = { keys: { ownerId: string; sealed: string; provider: string }[] };
    const [mine] = (to!['byok'] as Held).keys;
    const planted = { ...(from!['byok'] as Held).keys[0], ownerId: mine.ownerId };
    (to!['byok'] as Held).keys.push(planted);
    await new Promise((resolve) => sessions.store.set(idOf(b), to as never, resolve));
    expect((await b.send('GET', `${app.url}/byok/openai`)).status).toBe(503);
    expect(await get(b, '/byok/anthropic')).toEqual({ key: KEY_OF_B });
  });
});

describe.each(PLATFORMS)('With hybrid storage on %s', (platform) => {
  let database: TestDatabase;
  let app: SessionApp;

  beforeAll(async () => {
    database = await createDatabase();
    app = await startSessionApp(memorySessions().store, { db: database.url }, platform);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it("signing in with a new session id takes the visitor's keys along", async () => {
    const browser = new Browser();
    await browser.send('POST', `${app.url}/byok/openai`, { key: KEY_OF_A });
    const before = browser.cookie;
    expect((await browser.send('POST', `${app.url}/regenerate/a`)).body).toEqual({ adopted: 1 });
    expect(browser.cookie).not.toBe(before);
    expect((await browser.send('GET', `${app.url}/byok/openai`)).body).toEqual({ key: KEY_OF_A });
    expect(await database.query('SELECT owner_kind, owner_id, provider FROM user_api_keys')).toEqual([
      { owner_kind: 'user', owner_id: 'a', provider: 'openai' },
    ]);
    const old = new Browser(before);
    expect((await old.send('GET', `${app.url}/byok/openai`)).body).toEqual({ key: null });
  });
});
