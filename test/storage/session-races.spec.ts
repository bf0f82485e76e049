import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Platform } from '../support/platforms.js';
import { createDatabase } from '../support/postgres.js';
import { Browser, type SessionApp, SlowRequests, startSessionApp } from '../support/session-app.js';
import { fastifyMemorySessions, memorySessions, postgresSessions, type TestSessions } from '../support/sessions.js';

const FIRST = 'test-key-alice-0123456789';
const SECOND = 'test-key-alice-9876543210';

interface Harness {
  apps: SessionApp[];
  stores: TestSessions[];
  close(): Promise<void>;
}

async function inMemory(platform: Platform, sessions: TestSessions): Promise<Harness> {
  const app = await startSessionApp(sessions.store, { storage: 'session' }, platform);
  return { apps: [app], stores: [sessions], close: () => app.close() };
}

/** Two instances that have nothing in common but the database. */
async function inPostgres(platform: Platform): Promise<Harness> {
  const database = await createDatabase();
  const stores = [postgresSessions(database), postgresSessions(database)];
  const apps = await Promise.all(stores.map(({ store }) => startSessionApp(store, { storage: 'session' }, platform)));
  return {
    apps,
    stores,
    async close() {
      await Promise.all(apps.map((app) => app.close()));
      await Promise.all(stores.map((sessions) => sessions.close()));
      await database.drop();
    },
  };
}

describe.each([
  ['in one instance with a MemoryStore', () => inMemory('express', memorySessions())],
  ['in two instances with sessions in Postgres', () => inPostgres('express')],
  ['in one instance of Fastify with its own store in memory', () => inMemory('fastify', fastifyMemorySessions())],
  ['in two instances of Fastify with sessions in Postgres', () => inPostgres('fastify')],
])('A slow request that changed its session %s', (_, start) => {
  let harness: Harness;
  let here: SessionApp;
  let there: SessionApp;

  beforeAll(async () => {
    harness = await start();
    here = harness.apps[0];
    there = harness.apps.at(-1)!;
  });
  afterAll(() => harness.close());

  async function visitor(keptIn: string): Promise<Browser> {
    const browser = new Browser();
    const { status } = await browser.send('POST', `${here.url}/${keptIn}/openai`, { key: FIRST });
    expect(status).toBe(201);
    expect((await browser.send('GET', `${there.url}/${keptIn}/openai`)).body).toEqual({ key: FIRST });
    return browser;
  }

  /** `meanwhile` happens after the slow request has loaded its session and before it saves it. */
  async function during(browser: Browser, meanwhile: () => Promise<unknown>, body = {}) {
    here.slow = new SlowRequests();
    const slow = browser.send('POST', `${here.url}/slow`, body);
    await here.slow.entered;
    await meanwhile();
    here.slow.release();
    const answer = await slow;
    expect(answer.status).toBe(201);
    return answer;
  }

  async function readAfter(keptIn: string, change: (browser: Browser) => Promise<unknown>): Promise<unknown[]> {
    const browser = await visitor(keptIn);
    await during(browser, () => change(browser));
    const url = `/${keptIn}/openai`;
    return Promise.all([here, there].map(async (app) => (await browser.send('GET', app.url + url)).body['key']));
  }

  const deleteIn = (keptIn: string) => (browser: Browser) => browser.send('DELETE', `${there.url}/${keptIn}/openai`);
  const clearIn = (keptIn: string) => (browser: Browser) => browser.send('DELETE', `${there.url}/${keptIn}`);
  const replaceIn = (keptIn: string) => (browser: Browser) =>
    browser.send('POST', `${there.url}/${keptIn}/openai`, { key: SECOND });

  it('does not bring back a key that was deleted meanwhile', async () => {
    expect(await readAfter('byok', deleteIn('byok'))).toEqual([null, null]);
  });

  it('does not bring back keys that were cleared meanwhile', async () => {
    expect(await readAfter('byok', clearIn('byok'))).toEqual([null, null]);
  });

  it('does not bring back a key that was replaced meanwhile', async () => {
    const found = await readAfter('byok', replaceIn('byok'));
    expect(found).not.toContain(FIRST);
  });

  it('brings a deleted key back into the session at most until that is looked at', async () => {
    const records = async (browser: Browser) =>
      ((await harness.stores[0].stored(browser.sessionId))?.['byok'] as { keys: unknown[] }).keys.length;
    for (const look of ['/byok/openai', '/byok']) {
      const browser = await visitor('byok');
      await during(browser, () => deleteIn('byok')(browser));
      expect(await records(browser)).toBe(1);
      await browser.send('GET', here.url + look);
      expect(await records(browser)).toBe(0);
    }
  });

  it('does bring back what is in the raw session, which is why keys are not kept there', async () => {
    expect(await readAfter('raw', deleteIn('raw'))).toEqual([FIRST, FIRST]);
    expect(await readAfter('raw', clearIn('raw'))).toEqual([FIRST, FIRST]);
    expect(await readAfter('raw', replaceIn('raw'))).toEqual([FIRST, FIRST]);
    // And a whole session, which is why signing out is not a way to delete keys.
    const browser = await visitor('raw');
    await during(browser, () => browser.send('POST', `${there.url}/sign-out-for-good`));
    expect(await harness.stores[0].stored(browser.sessionId)).not.toBeNull();
  });

  it('finds the new key itself, not the one it loaded', async () => {
    const browser = await visitor('byok');
    const { body } = await during(browser, () => replaceIn('byok')(browser), { then: 'read' });
    expect(body).toEqual({ key: SECOND });
  });

  it('finds no key itself after its deletion', async () => {
    const browser = await visitor('byok');
    const { body } = await during(browser, () => deleteIn('byok')(browser), { then: 'read' });
    expect(body).toEqual({ key: null });
  });

  it('lets the key be stored again, and then deleted again', async () => {
    const browser = await visitor('byok');
    await during(browser, () => deleteIn('byok')(browser));
    await replaceIn('byok')(browser);
    expect((await browser.send('GET', `${here.url}/byok/openai`)).body).toEqual({ key: SECOND });
    expect((await deleteIn('byok')(browser)).body).toEqual({ deleted: true });
    expect((await browser.send('GET', `${here.url}/byok`)).body).toEqual({ providers: [] });
  });

  it('leaves what it changed itself in the session', async () => {
    const browser = await visitor('byok');
    await during(browser, () => deleteIn('byok')(browser));
    await during(browser, async () => undefined);
    expect((await harness.stores[0].stored(browser.sessionId))?.['visits']).toBe(2);
  });

  it('answers 503 while the store of the sessions is down, and as before when it is back', async () => {
    const browser = await visitor('byok');
    const slow = (async () =>
      during(browser, async () => harness.stores.forEach((store) => store.break()), { then: 'read' }))();
    await expect(slow).rejects.toThrow(/503/);
    harness.stores.forEach((store) => store.mend());
    expect((await browser.send('GET', `${here.url}/byok/openai`)).body).toEqual({ key: FIRST });
  });
});
