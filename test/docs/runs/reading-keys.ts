import { expect } from '@jest/globals';
import { Module, SetMetadata } from '@nestjs/common';
import { callElsewhere } from '../../support/call-elsewhere.js';
import { startCheckStandIn } from '../../support/check-stand-in.js';
import { createDatabase } from '../../support/postgres.js';
import { bench, codeOf, KEY, load, start, startAppModule, type Runs } from '../bench.js';

const REFUSED = 'an-example-of-a-refused-key-1f9c';

/** Snippets of storages, guards, service, errors. */
export const READING_KEYS_RUNS: Runs = {
  'own-data-source.module.ts': async () => {
    const own = await createDatabase();
    const previous = process.env['DATABASE_URL'];
    process.env['DATABASE_URL'] = own.url;
    try {
      const { OwnDataSourceModule } = await load<{ OwnDataSourceModule: never }>('own-data-source.module.ts');
      const app = await start(OwnDataSourceModule);
      await app.byok.setKey({ userId: 'alice' }, 'openai', KEY);
      expect(await own.query('SELECT hint FROM user_api_keys')).toEqual([{ hint: '…1f9c' }]);
      await app.close();
    } finally {
      process.env['DATABASE_URL'] = previous;
      await own.drop();
    }
  },

  'resolve-holder.ts': async () => {
    const { byok } = await load<{ byok: never }>('resolve-holder.ts');
    class Gateway {
      use(key: string): string {
        return key;
      }
    }
    const { RequireApiKey, ApiKey } = bench.library;
    const method = Object.getOwnPropertyDescriptor(Gateway.prototype, 'use')!;
    ApiKey()(Gateway.prototype, 'use', 0);
    RequireApiKey('openai')(Gateway.prototype, 'use', method);
    // As `@WebSocketGateway()` does.
    SetMetadata('websockets:is_gateway', true)(Gateway);
    class GatewayModule {}
    Module({ providers: [Gateway] })(GatewayModule);
    const app = await start(byok, GatewayModule);
    await app.byok.setKey({ userId: 'wendy' }, 'openai', KEY);
    const sent: unknown[] = [];
    const call = (userId?: string) =>
      callElsewhere(app.nest, app.nest.get(Gateway), 'use', 'ws', [
        { data: { userId }, emit: (...event: unknown[]) => void sent.push(event) },
        { text: 'Hello' },
        'use',
      ]);
    expect(await call('wendy')).toBe(KEY);
    for (const [nobody, code] of [
      [undefined, 'BYOK_USER_REQUIRED'],
      ['walter', 'BYOK_KEY_REQUIRED'],
    ] as const) {
      // Nest throws it too, where no package for websockets is.
      await call(nobody).catch(() => undefined);
      expect(sent.pop()).toEqual(['exception', expect.objectContaining({ code })]);
    }
  },

  'check.ts': async () => {
    const provider = await startCheckStandIn();
    provider.answer(REFUSED, 401);
    process.env['WEATHER_URL'] = provider.url;
    try {
      const { weather } = await load<{ weather: never }>('check.ts');
      const providers = { weather };
      const options = { secret: process.env['BYOK_SECRET']!, db: bench.database.url, providers, checkOnSave: true };
      const app = await start(bench.library.ByokModule.forRoot(options));
      const put = (apiKey: string) => app.send('wanda', 'PUT', '/byok/api/keys/weather', { apiKey });
      expect(await put(KEY)).toMatchObject({ status: 200, body: { lastCheck: { outcome: 'accepted' } } });
      expect(await put(REFUSED)).toMatchObject({ status: 422, body: { reason: 'invalid' } });
    } finally {
      delete process.env['WEATHER_URL'];
      await provider.close();
    }
  },

  'sign-in.controller.ts': async () => {
    const { SignInController } = await load<{ SignInController: never }>('sign-in.controller.ts');
    class SignInModule {}
    Module({ controllers: [SignInController] })(SignInModule);
    const byok = bench.library.ByokModule.forRoot({
      secret: process.env['BYOK_SECRET']!,
      db: bench.database.url,
      resolveUser: ({ session }) => (session as { userId?: string }).userId,
    });
    const app = await start(byok, SignInModule);
    const stored = await app.send(undefined, 'PUT', '/byok/api/keys/mistral', { apiKey: KEY });
    expect(stored.body).toMatchObject({ source: 'session' });
    const visitor = app.cookie();
    expect((await app.send(undefined, 'POST', '/sign-in')).status).toBe(204);
    expect(app.cookie()).not.toBe(visitor);
    expect((await app.send(undefined, 'GET', '/byok/api/keys')).body.keys).toContainEqual(
      expect.objectContaining({ provider: 'mistral', source: 'database' }),
    );
    expect(await app.byok.getKey({ userId: 'alice' }, 'mistral')).toBe(KEY);
  },

  'assistant.controller.ts': async () => {
    const { AssistantController } = await load<{ AssistantController: never }>('assistant.controller.ts');
    class AssistantModule {}
    Module({ controllers: [AssistantController] })(AssistantModule);
    const app = await startAppModule(AssistantModule);
    const dora = { userId: 'dora' };
    await app.byok.setKey(dora, 'anthropic', KEY);
    expect((await app.send('dora', 'GET', '/assistant/summary')).body.providers).toEqual(['pinecone']);
    await app.byok.setKey(dora, 'pinecone', KEY);
    expect((await app.send('dora', 'GET', '/assistant/summary')).body).toEqual({ provider: 'anthropic' });
    await app.byok.setKey(dora, 'openai', KEY);
    expect((await app.send('dora', 'GET', '/assistant/summary')).body).toEqual({ provider: 'openai' });
    expect((await app.send('dora', 'GET', '/assistant/search')).status).toBe(403);
    await app.byok.setKey(dora, 'openai', KEY, { label: 'work', fields: { region: 'eu' } });
    expect((await app.send('dora', 'GET', '/assistant/search')).body).toEqual({
      characters: 2 * KEY.length,
      label: 'work',
      fields: ['region'],
      expiresAt: null,
    });
  },

  'relay.controller.ts': async () => {
    const { RelayController } = await load<{ RelayController: never }>('relay.controller.ts');
    class RelayModule {}
    Module({ controllers: [RelayController] })(RelayModule);
    const { ByokModule } = bench.library;
    const providers = { openai: {}, mistral: {} };
    const byok = ByokModule.forRoot({ secret: process.env['BYOK_SECRET']!, db: bench.database.url, providers });
    const app = await start(byok, RelayModule);
    await app.byok.setKey({ userId: 'ruth' }, 'mistral', KEY);
    const ask = (provider: string) => app.send('ruth', 'POST', `/relay/${provider}`);
    expect((await ask('mistral')).body).toEqual({ provider: 'mistral', characters: KEY.length });
    expect(await ask('openai')).toMatchObject({ status: 403, body: { providers: ['openai'] } });
    expect(await ask('another')).toMatchObject({ status: 400, body: { code: 'BYOK_INVALID_INPUT' } });
  },

  'changing.ts': async () => {
    const { renew } = await load<{ renew(byok: object, userId: string, apiKey: string): Promise<void> }>('changing.ts');
    const app = await startAppModule();
    const ulrich = { userId: 'ulrich' };
    await app.byok.setKey(ulrich, 'openai', KEY, {
      label: 'work',
      fields: { region: 'eu', project: 'blue' },
      ttl: 60_000,
    });
    await renew(app.byok, 'ulrich', `${KEY}-new`);
    expect(await app.byok.resolveKey(ulrich, 'openai')).toMatchObject({ label: 'team', apiKey: `${KEY}-new` });
    const [{ fieldNames, expiresAt }] = await app.byok.listKeys(ulrich);
    expect([fieldNames, expiresAt!.getTime() > Date.now() + 300 * 86_400_000]).toEqual([['project'], true]);
  },

  'nightly.service.ts': async () => {
    const { NightlyService } = await load<{
      NightlyService: new (...args: never[]) => { embed(userId: string, texts: string[]): Promise<number> };
    }>('nightly.service.ts');
    class NightlyModule {}
    Module({ providers: [NightlyService] })(NightlyModule);
    const app = await startAppModule(NightlyModule);
    await app.byok.setKey({ userId: 'erin' }, 'voyage', KEY);
    expect(await app.nest.get(NightlyService).embed('erin', ['a', 'b'])).toBe(2);
    expect(await app.nest.get(NightlyService).embed('nobody', ['a', 'b'])).toBe(0);
  },

  'stored-key.json': async () => {
    const app = await startAppModule();
    await app.send('frank', 'PUT', '/byok/api/keys/openai', { apiKey: KEY });
    const { body: list } = await app.send('frank', 'GET', '/byok/api/keys');
    const [body] = list.keys as Record<string, unknown>[];
    const shown = JSON.parse(codeOf('stored-key.json')) as Record<string, string>;
    const { fingerprint, createdAt, updatedAt, ...same } = shown;
    expect(Object.keys(body)).toEqual(Object.keys(shown));
    expect(body).toMatchObject(same);
    for (const [like, found] of [
      [fingerprint, body.fingerprint],
      [createdAt, body.createdAt],
      [updatedAt, body.updatedAt],
    ]) {
      expect(String(found).replace(/[0-9a-f]/g, '0')).toBe(String(like).replace(/[0-9a-f]/g, '0'));
    }
  },

  'errors.ts': async () => {
    const { rename } = await load<{ rename(byok: object, user: string, from: string, to: string): Promise<string> }>(
      'errors.ts',
    );
    const app = await startAppModule();
    const jack = { userId: 'jack' };
    const kept = { fields: { project: 'blue' }, expiresAt: new Date(Date.now() + 3_600_000) };
    await app.byok.setKey(jack, 'openai', KEY, { label: 'old', ...kept });
    expect(await rename(app.byok, 'jack', 'old', 'new')).toBe('Done.');
    expect(await rename(app.byok, 'jack', 'old', 'new')).toBe('Key not found.');
    expect(await app.byok.resolveKey(jack, 'openai', { label: 'new' })).toMatchObject({ apiKey: KEY, ...kept });
    await app.byok.setKey(jack, 'openai', KEY, { label: 'other' });
    expect(await rename(app.byok, 'jack', 'new', 'other')).toBe('Choose another label.');
    expect(await app.byok.listKeys(jack)).toMatchObject([{ label: 'new' }, { label: 'other' }]);
    await expect(rename(app.byok, 'jack', 'new', '')).rejects.toThrow('A label is 1 to 64 characters');
    await bench.database.query('ALTER TABLE user_api_keys RENAME TO elsewhere');
    expect(await rename(app.byok, 'jack', 'new', 'old')).toBe('Try again later.');
    await bench.database.query('ALTER TABLE elsewhere RENAME TO user_api_keys');
  },
};
