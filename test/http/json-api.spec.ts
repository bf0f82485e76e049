import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Post } from '@nestjs/common';
import type { ByokModuleOptions, StoredKey } from '../../lib/index.js';
import { expectRefused as refused } from '../support/api-refusal.js';
import { type EdgeApp, KEY, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { STORAGES_ON_PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const PROVIDERS: ByokModuleOptions['providers'] = {
  prefixed: { keyPrefix: 'pre-', strict: true },
  doubted: { keyPrefix: 'pre-' },
  azure: { fields: { endpoint: { type: 'url' }, region: { visible: true } } },
};
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

@Controller('own')
class Own {
  @Post()
  echo(@Body() body: unknown) {
    return body;
  }

  @Get('failing')
  failing() {
    throw new Error('of the application');
  }
}

describe.each(STORAGES_ON_PLATFORMS)('The JSON API with %s storage on %s', (storage, platform) => {
  let database: TestDatabase;
  let app: EdgeApp;
  let users = 0;

  beforeAll(async () => {
    database = await createDatabase();
    const db = storage === 'session' ? undefined : database.url;
    app = await startEdge({
      platform,
      options: { storage, db, providers: PROVIDERS, rateLimit: false, maxKeysPerUser: 4 },
      controllers: [Own],
    });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const someone = () => app.browser(`user-${++users}`);
  const source = storage === 'session' ? 'session' : 'database';

  it('stores, lists, replaces and deletes, and tells exactly what StoredKey says', async () => {
    const agent = await someone();
    const first = await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
    expect(first.headers).toMatchObject(SECURITY_HEADERS);
    const stored = {
      provider: 'openai',
      label: 'default',
      isDefault: true,
      hint: '…1f9c',
      fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
      fieldNames: [],
      visibleFields: {},
      createdAt: expect.stringMatching(MOMENT),
      updatedAt: expect.stringMatching(MOMENT),
      expiresAt: null,
      lastUsedAt: null,
      lastCheck: null,
      source,
      status: 'active',
    };
    expect(first.body).toEqual({ ...stored, warnings: [] });
    const second = await agent
      .put('/byok/api/keys/azure')
      .send({
        apiKey: `${KEY}-2`,
        label: 'Büro 鍵',
        expiresAt: '2999-12-31T23:59:59+01:00',
        fields: { region: 'north', endpoint: 'https://example.com/' },
      })
      .expect(200);
    expect(second.body).toEqual({
      ...stored,
      warnings: [],
      provider: 'azure',
      label: 'Büro 鍵',
      hint: '…9c-2',
      fieldNames: expect.arrayContaining(['region', 'endpoint']),
      visibleFields: { region: 'north' },
      expiresAt: '2999-12-31T22:59:59.000Z',
    });
    const list = await agent.get('/byok/api/keys').expect(200);
    expect(list.headers).toMatchObject(SECURITY_HEADERS);
    expect(list.body).toEqual({ keys: [second.body, first.body].map(withoutWarnings) });
    const begun = Date.now();
    const { body } = await agent.put('/byok/api/keys/openai').send({ apiKey: KEY, ttlSeconds: 60 }).expect(200);
    const ended = Date.now();
    const { expiresAt, createdAt, fingerprint } = body as Record<keyof StoredKey, string>;
    expect(Date.parse(expiresAt) - begun).toBeGreaterThanOrEqual(60_000);
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(ended + 60_000);
    expect({ createdAt, fingerprint }).toEqual({
      createdAt: first.body.createdAt,
      fingerprint: first.body.fingerprint,
    });
    const gone = await agent.delete('/byok/api/keys/openai').expect(204);
    expect(gone.text).toBe('');
    expect(gone.headers).toMatchObject(SECURITY_HEADERS);
    await refused(agent.delete('/byok/api/keys/openai'), 404, 'BYOK_KEY_NOT_FOUND', 'There is no such key.');
    await refused(agent.delete('/byok/api/keys/azure?label=default'), 404, 'BYOK_KEY_NOT_FOUND');
    await agent.delete(`/byok/api/keys/azure?label=${encodeURIComponent('Büro 鍵')}`).expect(204);
    await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
    await agent.delete('/byok/api/keys').expect(204);
    // Some clients name the type of a body that they do not send.
    await agent.delete('/byok/api/keys').set('Content-Type', 'application/json').expect(204);
    await agent.get('/byok/api/keys').expect(200, { keys: [] });
  });

  it('answers HEAD and OPTIONS, which change nothing, and to no other method', async () => {
    const agent = await someone();
    await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
    const head = await agent.head('/byok/api/keys').expect(200);
    expect([head.text ?? '', head.headers['cache-control']]).toEqual(['', 'no-store']);
    for (const path of ['/byok/api/keys', '/byok/api/keys/openai']) await agent.options(path);
    for (const [method, path] of [
      ['get', '/byok/api/keys/openai'],
      ['post', '/byok/api/keys/openai'],
      ['patch', '/byok/api/keys'],
      ['patch', '/byok/api/keys/openai/default'],
      ['post', '/byok/api/keys/openai/default'],
      ['post', '/byok/api/keys'],
      ['put', '/byok/api/keys'],
    ] as const) {
      await agent[method](path)
        .send(method === 'get' ? undefined : { apiKey: KEY })
        .expect(404);
    }
    const { body } = await agent.get('/byok/api/keys');
    expect(body.keys).toHaveLength(1);
  });

  it('does not take one method for another', async () => {
    const agent = await someone();
    await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
    const disguised = { 'X-HTTP-Method-Override': 'DELETE', 'X-HTTP-Method': 'DELETE', 'X-Method-Override': 'DELETE' };
    await agent.post('/byok/api/keys/openai?_method=DELETE').set(disguised).send({ _method: 'DELETE' }).expect(404);
    await agent.get('/byok/api/keys?_method=DELETE').set(disguised).expect(200);
    await refused(
      agent.put('/byok/api/keys/openai?_method=DELETE').set(disguised).send({ apiKey: KEY, _method: 'DELETE' }),
      400,
      'BYOK_INVALID_INPUT',
    );
    expect((await agent.get('/byok/api/keys')).body.keys).toHaveLength(1);
  });

  // What a body may be has nothing to do with where keys are: all of the table for one storage, a part for the others.
  const bodies: [string, unknown, RegExp | string][] = [
    ['no key', {}, 'apiKey must be a string'],
    ['an array', [{ apiKey: KEY }], 'The request must be a JSON object.'],
    ['a key that is an array', { apiKey: [KEY] }, 'apiKey must be a string'],
    ['a key that is an object', { apiKey: { toString: KEY } }, 'apiKey must be a string'],
    ['a key that is a number', { apiKey: 1234567890 }, 'apiKey must be a string'],
    ['a key that is null', { apiKey: null }, 'apiKey must be a string'],
    ['a key that is short', { apiKey: '1234567' }, 'A key has at least 8 characters'],
    ['a key that is long', { apiKey: 'k'.repeat(8193) }, 'A key has at most 8192 characters'],
    ['an empty key', { apiKey: ' ' }, 'Fill in the key'],
    ['a label that is long', { apiKey: KEY, label: 'x'.repeat(65) }, 'A label is 1 to 64 characters'],
    ['an empty label', { apiKey: KEY, label: '' }, 'A label is'],
    ['a label with NUL', { apiKey: KEY, label: 'a\0b' }, 'A label is'],
    ['a label that is an array', { apiKey: KEY, label: ['work'] }, 'label must be a string'],
    ['a label that is an object', { apiKey: KEY, label: {} }, 'label must be a string'],
    ['a field it does not know', { apiKey: KEY, userId: 'alice' }, 'The request can have the fields apiKey, label'],
    ['a field whose name is a key', { [KEY]: KEY }, 'The request can have the fields'],
    // The parser of Fastify refuses it before we do.
    ['__proto__', JSON.parse(`{"apiKey":"${KEY}","__proto__":{"label":"work"}}`), /can have the fields|is malformed/],
    ['constructor', { apiKey: KEY, constructor: 'x' }, 'The request can have the fields'],
    ['prototype', { apiKey: KEY, prototype: {} }, 'The request can have the fields'],
    ['ttlSeconds 0', { apiKey: KEY, ttlSeconds: 0 }, 'ttlSeconds must not be less than 1'],
    ['a negative ttlSeconds', { apiKey: KEY, ttlSeconds: -1 }, 'ttlSeconds'],
    ['half a second', { apiKey: KEY, ttlSeconds: 0.5 }, 'ttlSeconds'],
    ['ttlSeconds that is a text', { apiKey: KEY, ttlSeconds: '60' }, 'ttlSeconds must be an integer'],
    ['ttlSeconds without end', { apiKey: KEY, ttlSeconds: 1e300 }, 'too far in the future'],
    ['an expiresAt that is past', { apiKey: KEY, expiresAt: '2020-01-01T00:00:00Z' }, 'in the future'],
    ['an expiresAt without a zone', { apiKey: KEY, expiresAt: '2999-01-01T00:00:00' }, 'time zone'],
    ['an expiresAt that is a day', { apiKey: KEY, expiresAt: '2999-01-01' }, 'time zone'],
    ['an expiresAt that is no day', { apiKey: KEY, expiresAt: '2999-02-30T00:00:00Z' }, 'expiresAt'],
    ['an expiresAt that is a number', { apiKey: KEY, expiresAt: 4102444800000 }, 'expiresAt'],
    ['two expiries', { apiKey: KEY, ttlSeconds: 60, expiresAt: '2999-01-01T00:00:00Z' }, 'not both'],
    ['fields that are an array', { apiKey: KEY, fields: ['a'] }, 'fields must be an object'],
    ['fields that are a text', { apiKey: KEY, fields: 'a' }, 'fields must be an object'],
    ['a field the provider does not have', { apiKey: KEY, fields: { baseUrl: 'x' } }, 'no such extra field'],
    ['a field that is every object’s', { apiKey: KEY, fields: { tostring: 'x', valueOf: 'x' } }, 'no such extra field'],
    ['a field called constructor', { apiKey: KEY, fields: { constructor: 'x' } }, 'no such extra field'],
    [
      'a field that is the prototype',
      { apiKey: KEY, fields: JSON.parse('{"__proto__":"x"}') as unknown },
      /no such extra field|is malformed/,
    ],
  ];
  const isWhole = storage === 'hybrid';
  it.each(isWhole ? bodies : bodies.filter((_, i) => i % 9 === 0))(
    'takes no body with %s',
    async (_, body, message) => {
      const agent = await someone();
      // As text: supertest would drop what it does not like.
      const test = agent.put('/byok/api/keys/openai').type('json').send(JSON.stringify(body));
      await refused(test, 400, 'BYOK_INVALID_INPUT', message);
      await agent.get('/byok/api/keys').expect(200, { keys: [] });
    },
  );

  it.each([
    ['a field that is no text', { region: 7 }],
    ['a field that is an array', { region: ['north'] }],
    ['an address that is none', { endpoint: 'http://example.com' }],
    ['a field that is long', { region: 'x'.repeat(8193) }],
  ])('takes no %s', async (_, fields) => {
    await refused(
      (await someone()).put('/byok/api/keys/azure').send({ apiKey: KEY, fields }),
      400,
      'BYOK_INVALID_INPUT',
    );
  });

  it.each([
    'OpenAI',
    'constructor',
    '__proto__',
    'tostring%00',
    '%2e%2e%2fadmin',
    'a%20b',
    '-a',
    'x'.repeat(65),
    '%F0%9F%94%91',
    'a%0Ab',
  ])('takes no provider called %s', async (provider) => {
    const agent = await someone();
    await refused(agent.put(`/byok/api/keys/${provider}`).send({ apiKey: KEY }), 400, 'BYOK_INVALID_INPUT');
    await refused(agent.delete(`/byok/api/keys/${provider}`), 400, 'BYOK_INVALID_INPUT');
  });

  it.each([
    'openai?label=a&label=b',
    'openai?label[]=a',
    'openai?label%5Bx%5D=a',
    'openai?label=default&label[]=a',
    'openai?label.x=a',
    'openai?label=',
    'openai?label=%00',
    `openai?label=${'x'.repeat(65)}`,
    'openai?label=%20a',
    'openai?provider=anthropic',
    '?label=a',
    '?label[]=a',
    '?provider=anthropic',
  ])('deletes nothing for %s', async (query) => {
    const agent = await someone();
    await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
    const path = `/byok/api/keys/${query}`.replace('/?', '?');
    await refused(agent.delete(path), 400, 'BYOK_INVALID_INPUT');
    expect((await agent.get('/byok/api/keys')).body.keys).toHaveLength(1);
    // What an application's own queries have is none of ours.
    await agent.delete(`${path.split('?')[0]}?tenant=a&lang=de`).expect(204);
  });

  it('does not replace the default key where a query names another', async () => {
    const agent = await someone();
    const { body: before } = await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
    for (const query of ['label=work', 'label[]=work', 'ttlSeconds=60', 'fields[region]=eu']) {
      const put = agent.put(`/byok/api/keys/openai?${query}`).send({ apiKey: `${KEY}2` });
      await refused(put, 400, 'BYOK_INVALID_INPUT');
    }
    expect((await agent.get('/byok/api/keys')).body.keys).toEqual([withoutWarnings(before)]);
    await agent.put('/byok/api/keys/openai?tenant=a').send({ apiKey: KEY }).expect(200);
  });

  it('says 422 for a key of the wrong format and 409 for one too many', async () => {
    const agent = await someone();
    const wrong = agent.put('/byok/api/keys/prefixed').send({ apiKey: KEY });
    await refused(wrong, 422, 'BYOK_INVALID_KEY', 'A key for prefixed starts with pre-');
    for (const apiKey of ['sk-one…1f9c', 'two words-0123', 'ключ-0123456789', 'your-api-key-here', `pre\0-${KEY}`]) {
      await refused(agent.put('/byok/api/keys/openai').send({ apiKey }), 422, 'BYOK_INVALID_KEY');
    }
    const { body } = await agent
      .put('/byok/api/keys/doubted')
      .send({ apiKey: ` "${KEY}"\n` })
      .expect(200);
    expect(body).toMatchObject({ hint: '…1f9c', warnings: ['prefix'] });
    await agent.delete('/byok/api/keys/doubted').expect(204);
    for (const provider of ['a', 'b', 'c', 'd'])
      await agent.put(`/byok/api/keys/${provider}`).send({ apiKey: KEY }).expect(200);
    const fifth = agent.put('/byok/api/keys/e').send({ apiKey: KEY });
    await refused(fifth, 409, 'BYOK_KEY_LIMIT', 'At most 4 keys can be stored.');
    await agent.put('/byok/api/keys/d').send({ apiKey: KEY }).expect(200);
  });

  it.each([
    ['text/plain', JSON.stringify({ apiKey: KEY })],
    ['application/x-www-form-urlencoded', `apiKey=${KEY}`],
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/jsonp', JSON.stringify({ apiKey: KEY })],
    ['application/json-patch+json', JSON.stringify({ apiKey: KEY })],
    ['text/json', JSON.stringify({ apiKey: KEY })],
    ['', JSON.stringify({ apiKey: KEY })],
    ['application/json; charset=iso-8859-1', JSON.stringify({ apiKey: KEY })],
  ])('takes no body of type %j', async (type, text) => {
    const agent = await someone();
    for (const test of [agent.put('/byok/api/keys/openai'), agent.delete('/byok/api/keys')]) {
      await refused(test.set('Content-Type', type).send(text), 415, 'BYOK_UNSUPPORTED_MEDIA_TYPE');
    }
  });

  it('takes JSON in whatever way it is written', async () => {
    const agent = await someone();
    for (const type of ['application/json', 'APPLICATION/JSON;charset="utf-8"', 'application/json ; x=y']) {
      const put = agent.put('/byok/api/keys/openai').set('Content-Type', type);
      await put.send(JSON.stringify({ apiKey: KEY })).expect(200);
    }
    await refused(agent.put('/byok/api/keys/openai'), 415, 'BYOK_UNSUPPORTED_MEDIA_TYPE');
    await refused(agent.put('/byok/api/keys/openai').type('json'), 400, 'BYOK_INVALID_INPUT');
  });

  it.each(['{', `{"apiKey":"${KEY}"`, `{"apiKey":${KEY}}`, `"${KEY}"`, 'null', '7', `{'apiKey':'${KEY}'}`])(
    'says what is malformed is, and quotes none of it: %s',
    async (text) => {
      const agent = await someone();
      for (const accept of ['application/json', 'text/html']) {
        const test = agent.put('/byok/api/keys/openai').type('json').set('Accept', accept).send(text);
        await refused(test, 400, 'BYOK_INVALID_INPUT');
      }
    },
  );

  it('takes at most 48 KiB, whatever the application takes', async () => {
    const agent = await someone();
    const fits = JSON.stringify({ apiKey: KEY, label: 'a' }).padEnd(48 * 1024, ' ');
    await agent.put('/byok/api/keys/openai').type('json').send(fits).expect(200);
    for (const length of [48 * 1024 + 1, 99_000, 2_000_000]) {
      const test = agent.put('/byok/api/keys/openai').type('json').send(fits.padEnd(length, ' '));
      await refused(test, 413, 'BYOK_TOO_LARGE', 'A request can be at most 49152 bytes long.');
    }
  });

  it('has a refusal of a path that cannot be decoded, or is long, in the same form', async () => {
    for (const name of ['%ff', `${KEY}%ff`, 'x'.repeat(500)]) {
      await refused((await someone()).put(`/byok/api/keys/${name}`).send({ apiKey: KEY }), 400, 'BYOK_INVALID_INPUT');
    }
  });

  it('leaves the errors of other routes as they are', async () => {
    const agent = await someone();
    const malformed = await agent.post('/own').type('json').send('{').expect(400);
    expect(malformed.body).toMatchObject({ statusCode: 400 });
    expect(malformed.body).not.toHaveProperty('code');
    expect(malformed.headers['cache-control']).toBeUndefined();
    const failed = await agent.get('/own/failing').expect(500);
    expect(failed.body).toEqual({ statusCode: 500, message: 'Internal server error' });
    const absent = await agent.get('/own/absent').expect(404);
    expect(absent.body).toMatchObject({ error: 'Not Found' });
    await agent
      .post('/own')
      .send({ text: 'x'.repeat(20_000) })
      .expect(201);
  });
});

/** As a list shows a key that was just saved. */
function withoutWarnings({ warnings, ...stored }: StoredKey & { warnings: unknown }): StoredKey {
  expect(warnings).toEqual([]);
  return stored;
}
