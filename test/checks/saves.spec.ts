import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StoredKey } from '../../lib/index.js';
import { expectRefused as refused } from '../support/api-refusal.js';
import { type CheckStandIn, startCheckStandIn } from '../support/check-stand-in.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import { STORAGES_ON_PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const keyNamed = (name: string) => `an-example-key-${name}-1f9c`;

describe.each(STORAGES_ON_PLATFORMS)(
  'A key that is checked when it is saved, in %s storage on %s',
  (storage, platform) => {
    let database: TestDatabase;
    let provider: CheckStandIn;
    let app: EdgeApp;
    let users = 0;

    beforeAll(async () => {
      [database, provider] = await Promise.all([createDatabase(), startCheckStandIn()]);
      const { config } = provider;
      app = await startEdge({
        platform,
        options: {
          storage,
          db: storage === 'session' ? undefined : database.url,
          providers: { acme: config, other: {} },
          checkOnSave: true,
          rateLimit: false,
        },
      });
      provider.answer(keyNamed('refused'), 401, { reason: 'revoked' });
      provider.answer(keyNamed('poor'), 200, { reason: 'no-credit' });
      provider.answer(keyNamed('down'), 503, {});
    });
    afterAll(async () => {
      await app.close();
      await provider.close();
      await database.drop();
    });

    const someone = () => app.browser(`user-${++users}`);
    const put = (agent: Awaited<ReturnType<typeof someone>>, name: string, more: object = {}) =>
      agent.put('/byok/api/keys/acme').send({ apiKey: keyNamed(name), ...more });
    const list = async (agent: Awaited<ReturnType<typeof someone>>) =>
      (await agent.get('/byok/api/keys').expect(200)).body.keys as StoredKey[];

    it('is stored with what the provider said of it', async () => {
      const agent = await someone();
      for (const [name, lastCheck, warnings] of [
        ['good', { outcome: 'accepted', reason: null, by: 'check' }, []],
        ['poor', { outcome: 'accepted', reason: 'no-credit', by: 'check' }, []],
        ['down', { outcome: 'unknown', reason: 'unreadable', by: 'check' }, ['not-checked']],
      ] as const) {
        const { body } = await put(agent, name).expect(200);
        expect(body).toMatchObject({ lastCheck, warnings });
        expect((await list(agent))[0].lastCheck).toEqual(body.lastCheck);
      }
      expect(provider.asked.slice(-3)).toEqual(['good', 'poor', 'down'].map(keyNamed));
    });

    it('is not stored if the provider refuses it, and what was there stays', async () => {
      const agent = await someone();
      const { body } = await put(agent, 'refused').expect(422);
      expect(body).toEqual({
        statusCode: 422,
        code: 'BYOK_INVALID_KEY',
        message: 'Acme refused this key, so it was not stored. Copy it again, or create a new one there.',
        reason: 'revoked',
      });
      expect(await list(agent)).toEqual([]);
      await put(agent, 'good').expect(200);
      const [before] = await list(agent);
      await put(agent, 'refused').expect(422);
      await agent
        .patch('/byok/api/keys/acme')
        .send({ apiKey: keyNamed('refused') })
        .expect(422);
      expect(await list(agent)).toEqual([before]);
    });

    it('is checked again with a new key, and never without one', async () => {
      const agent = await someone();
      await put(agent, 'good').expect(200);
      const asked = provider.asked.length;
      const renamed = await agent.patch('/byok/api/keys/acme').send({ label: 'work' }).expect(200);
      expect([renamed.body.lastCheck.outcome, provider.asked.length - asked]).toEqual(['accepted', 0]);
      const replaced = await agent
        .patch('/byok/api/keys/acme')
        .send({ apiKey: keyNamed('poor') })
        .expect(200);
      expect(replaced.body).toMatchObject({ label: 'work', lastCheck: { reason: 'no-credit' }, warnings: [] });
      const other = await agent
        .put('/byok/api/keys/other')
        .send({ apiKey: keyNamed('good') })
        .expect(200);
      expect([other.body.lastCheck, other.body.warnings, provider.asked.length - asked]).toEqual([null, [], 1]);
    });

    it('does not come over one that was stored, or deleted, while the provider was asked', async () => {
      const agent = await someone();
      await put(agent, 'first').expect(200);
      for (const change of [
        () => put(agent, 'second').expect(200),
        () => agent.delete('/byok/api/keys/acme').expect(204),
        () => put(agent, 'third').expect(200),
      ]) {
        const held = provider.hold(keyNamed('slow'));
        const slow = refused(put(agent, 'slow'), 409, 'BYOK_CONFLICT');
        const letGo = await held;
        await change();
        const between = await list(agent);
        letGo();
        await slow;
        expect(await list(agent)).toEqual(between);
      }
      const held = provider.hold(keyNamed('slow'));
      // A request is sent when it is waited for.
      const slow = put(agent, 'slow').then(({ status }) => status);
      (await held)();
      await slow;
      expect((await list(agent))[0].lastCheck?.outcome).toBe('accepted');
    });

    it('is checked on demand, and what was said of another version is dropped', async () => {
      const agent = await someone();
      await put(agent, 'good').expect(200);
      const check = () => agent.post('/byok/api/keys/acme/check');
      provider.answer(keyNamed('good'), 401);
      expect((await check().expect(200)).body.lastCheck).toMatchObject({ outcome: 'refused', reason: 'invalid' });
      const [refusedKey] = await list(agent);
      provider.answer(keyNamed('good'), 500);
      expect((await check().expect(200)).body.lastCheck).toMatchObject({ outcome: 'unknown', reason: 'unreadable' });
      // Something definite is known.
      expect(await list(agent)).toEqual([refusedKey]);
      const held = provider.hold(keyNamed('good'));
      const late = check().then(({ body }) => body as StoredKey);
      const letGo = await held;
      await put(agent, 'poor').expect(200);
      letGo();
      expect(await late).toMatchObject({ lastCheck: { reason: 'no-credit' } });
      expect((await list(agent))[0].lastCheck).toMatchObject({ reason: 'no-credit' });
      await refused(agent.post('/byok/api/keys/acme/check?label=none'), 404, 'BYOK_KEY_NOT_FOUND');
      await agent
        .put('/byok/api/keys/other')
        .send({ apiKey: keyNamed('good') })
        .expect(200);
      const { body } = await agent.post('/byok/api/keys/other/check').expect(200);
      expect(body.lastCheck).toMatchObject({ outcome: 'unknown', reason: 'not-checkable' });
      expect((await list(agent)).find((key) => key.provider === 'other')?.lastCheck).toBeNull();
    });

    it('is not checked in code, unless it is asked for', async () => {
      const agent = await someone();
      await agent.get('/byok/api/keys');
      if (storage === 'session') return;
      const holder = { userId: `user-${users}` };
      const asked = provider.asked.length;
      await app.byok.setKey(holder, 'acme', keyNamed('refused'));
      expect(provider.asked.length - asked).toBe(0);
      await expect(app.byok.setKey(holder, 'acme', keyNamed('refused'), { check: true })).rejects.toMatchObject({
        code: 'BYOK_INVALID_KEY',
        reason: 'revoked',
      });
      expect(await app.byok.checkKey(holder, 'acme')).toMatchObject({ lastCheck: { outcome: 'refused' } });
      expect(await app.byok.updateKey(holder, 'acme', { apiKey: keyNamed('good'), check: true })).toMatchObject({
        lastCheck: { outcome: 'accepted' },
      });
    });

    it('is never in a log, an answer or an address', async () => {
      const agent = await someone();
      const answers: string[] = [];
      for (const name of ['good', 'refused', 'down', 'poor'])
        answers.push(JSON.stringify((await put(agent, name)).body));
      answers.push(JSON.stringify((await agent.post('/byok/api/keys/acme/check')).body), ...app.log);
      expect(answers.filter((text) => /an-example-key/.test(text))).toEqual([]);
    });
  },
);
