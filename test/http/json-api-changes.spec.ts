import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ByokModuleOptions, StoredKey } from '../../lib/index.js';
import { expectRefused as refused } from '../support/api-refusal.js';
import { type EdgeApp, KEY, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { STORAGES_ON_PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const PROVIDERS: ByokModuleOptions['providers'] = {
  azure: { fields: { endpoint: { type: 'url' }, region: { visible: true } } },
};

describe.each(STORAGES_ON_PLATFORMS)(
  'The JSON API, for a key that is stored, with %s storage on %s',
  (storage, platform) => {
    let database: TestDatabase;
    let app: EdgeApp;
    let users = 0;

    beforeAll(async () => {
      database = await createDatabase();
      const db = storage === 'session' ? undefined : database.url;
      app = await startEdge({
        platform,
        options: { storage, db, providers: PROVIDERS, rateLimit: false, maxKeysPerUser: 4 },
      });
    });
    afterAll(async () => {
      await app.close();
      await database.drop();
    });

    const someone = () => app.browser(`user-${++users}`);

    it('changes a key, and leaves what is not named', async () => {
      const agent = await someone();
      const fields = { region: 'north', endpoint: 'https://example.com' };
      const put = await agent.put('/byok/api/keys/azure').send({ apiKey: KEY, label: 'work', fields, ttlSeconds: 60 });
      const replaced = await agent
        .patch('/byok/api/keys/azure')
        .send({ apiKey: `${KEY}-2` })
        .expect(200);
      expect(replaced.headers).toMatchObject(SECURITY_HEADERS);
      const { updatedAt, fingerprint } = replaced.body as Record<string, string>;
      expect(replaced.body).toEqual({ ...put.body, hint: '…9c-2', updatedAt, fingerprint });
      expect([updatedAt > put.body.updatedAt, fingerprint === put.body.fingerprint]).toEqual([true, false]);
      const changes = { label: 'team', expiresAt: null, fields: { region: null } };
      const edited = await agent.patch('/byok/api/keys/azure?label=work').send(changes).expect(200);
      expect(edited.body).toMatchObject({
        label: 'team',
        expiresAt: null,
        fieldNames: ['endpoint'],
        visibleFields: {},
      });
      await agent.put('/byok/api/keys/azure').send({ apiKey: KEY }).expect(200);
      const patch = (body: object, query = '?label=team') => agent.patch(`/byok/api/keys/azure${query}`).send(body);
      await refused(patch({ label: 'default' }), 409, 'BYOK_CONFLICT', 'A key with this label is stored already.');
      await refused(patch({ apiKey: 'sk-one…1f9c' }), 422, 'BYOK_INVALID_KEY');
      await refused(patch({ apiKey: KEY }, '?label=none'), 404, 'BYOK_KEY_NOT_FOUND');
      for (const body of [
        { fields: { endpoint: 'https://evil.example.com' } },
        { fields: { endpoint: null } },
        { fields: { other: 'x' } },
        { fields: { region: 7 } },
        { newLabel: 'x' },
        { label: ' ' },
        { ttlSeconds: 0 },
        { expiresAt: '2999-01-01' },
      ]) {
        await refused(patch(body), 400, 'BYOK_INVALID_INPUT');
      }
      await refused(patch({ apiKey: KEY }, '?provider=openai'), 400, 'BYOK_INVALID_INPUT');
      await refused(patch({ apiKey: KEY }, '?label[]=team'), 400, 'BYOK_INVALID_INPUT');
      await refused(
        agent.patch('/byok/api/keys/azure').type('form').send('apiKey=x'),
        415,
        'BYOK_UNSUPPORTED_MEDIA_TYPE',
      );
      const { keys } = (await agent.get('/byok/api/keys')).body as { keys: StoredKey[] };
      expect(keys.map(({ label, hint }) => [label, hint])).toEqual([
        ['default', '…1f9c'],
        ['team', '…9c-2'],
      ]);
    });

    it('chooses the default key', async () => {
      const agent = await someone();
      for (const label of ['default', 'work']) {
        await agent.put('/byok/api/keys/openai').send({ apiKey: KEY, label }).expect(200);
      }
      const put = (body: object) => agent.put('/byok/api/keys/openai/default').send(body);
      const { body, headers } = await put({ label: 'work' }).expect(200);
      expect(headers).toMatchObject(SECURITY_HEADERS);
      expect(body).toMatchObject({ label: 'work', isDefault: true });
      expect(body).not.toHaveProperty('warnings');
      await refused(put({ label: 'none' }), 404, 'BYOK_KEY_NOT_FOUND');
      await refused(put({}), 400, 'BYOK_INVALID_INPUT', 'label must be a string');
      await refused(put({ label: 'work', apiKey: KEY }), 400, 'BYOK_INVALID_INPUT');
      await refused(
        agent.put('/byok/api/keys/openai/default?label=work').send({ label: 'work' }),
        400,
        'BYOK_INVALID_INPUT',
      );
      const { keys } = (await agent.get('/byok/api/keys')).body as { keys: StoredKey[] };
      expect(keys.map(({ label, isDefault }) => [label, isDefault])).toEqual([
        ['default', false],
        ['work', true],
      ]);
      await agent.delete('/byok/api/keys/openai').expect(204);
      expect((await agent.get('/byok/api/keys')).body.keys).toMatchObject([{ label: 'default', isDefault: true }]);
    });
  },
);
