import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ProviderStandIn, startProviderStandIn } from '../../lib/entries/testing.js';
import { until } from '../support/until.js';

const KEY = 'sk-test-of-alice';
let standIn: ProviderStandIn;

beforeAll(async () => {
  standIn = await startProviderStandIn();
});
beforeEach(() => standIn.reset());
afterAll(() => standIn.close());

const post = (path: string, body: unknown, headers: Record<string, string> = { authorization: `Bearer ${KEY}` }) =>
  fetch(standIn.url + path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });

const messages = [{ role: 'user', content: 'Hello there' }];

describe('startProviderStandIn()', () => {
  it('answers as the APIs of chat completions and messages do', async () => {
    const chat = await (await post('/v1/chat/completions', { model: 'm', messages })).json();
    expect(chat).toMatchObject({ model: 'm', choices: [{ message: { content: 'You said: Hello there' } }] });
    const message = await (await post('/v1/messages', { model: 'm', messages })).json();
    expect(message).toMatchObject({ type: 'message', content: [{ text: 'You said: Hello there' }] });
    expect((await (await fetch(`${standIn.url}/v1/models?limit=1`)).json()) as object).toMatchObject({
      data: [{ id: 'stand-in' }],
    });
    const absent = await post('/v2/other', {});
    expect([absent.status, await absent.text()]).toEqual([404, expect.stringContaining("standIn.answer('/v2/other'")]);
    expect(standIn.requests.map(({ method, path, query, body }) => [method, path, query.get('limit'), body])).toEqual([
      ['POST', '/v1/chat/completions', null, { model: 'm', messages }],
      ['POST', '/v1/messages', null, { model: 'm', messages }],
      ['GET', '/v1/models', '1', ''],
      ['POST', '/v2/other', null, {}],
    ]);
  });

  it('streams if it is asked to', async () => {
    const response = await post('/v1/chat/completions', { stream: true, messages });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = (await response.text()).split('\n\n').filter(Boolean);
    expect(events.at(-1)).toBe('data: [DONE]');
    const parts = events.slice(0, -1).map((event) => JSON.parse(event.replace('data: ', '')).choices[0].delta.content);
    expect(parts.join('')).toBe('You said: Hello there');
  });

  it.each<Record<string, string>>([
    { authorization: `Bearer ${KEY}` },
    { 'x-api-key': KEY },
    { 'api-key': KEY },
    { 'x-goog-api-key': KEY },
  ])('knows which key reached it by %j', async (headers) => {
    await post('/v1/chat/completions', { messages }, headers);
    await post('/v1/chat/completions', { messages }, {});
    expect(standIn.keys).toEqual([KEY, '']);
  });

  it.each([
    ['refused', 401, 'invalid_api_key'],
    ['no-credit', 429, 'insufficient_quota'],
    ['rate-limited', 429, 'rate_limit_exceeded'],
    ['down', 503, null],
  ] as const)('answers %s as a provider does', async (name, status, code) => {
    standIn.answer('*', name);
    const response = await post('/v1/chat/completions', { messages });
    const { error } = (await response.json()) as { error: { code: unknown; message: string } };
    expect([response.status, error.code]).toEqual([status, code]);
    expect(error.message.includes(KEY)).toBe(['refused', 'no-credit'].includes(name));
    standIn.answer('*', 'ok');
    expect((await post('/v1/chat/completions', { messages })).status).toBe(200);
  });

  it('answers as its script says, for a path, for a request, and in parts', async () => {
    standIn
      .answer('/v1/models', { status: 418, headers: { 'x-a': 'b' }, body: 'no models' })
      .answer('/v1/events', { stream: ['a', 'b'], delay: 1 })
      .answer('*', ({ key }) => (key === KEY ? { body: { key: 'known' } } : 'refused'));
    const models = await fetch(`${standIn.url}/v1/models`);
    expect([models.status, models.headers.get('x-a'), await models.text()]).toEqual([418, 'b', 'no models']);
    expect(await (await post('/v1/events', {})).text()).toBe('ab');
    expect(await (await post('/any', {})).json()).toEqual({ key: 'known' });
    expect((await post('/any', {}, { 'x-api-key': 'another' })).status).toBe(401);
    standIn.reset();
    expect(standIn.requests).toEqual([]);
    expect((await post('/any', {})).status).toBe(404);
  });

  it('ends with answers under way', async () => {
    const slow = await startProviderStandIn();
    slow.answer('*', { delay: 600_000 });
    const asked = fetch(`${slow.url}/v1/models`);
    const refused = expect(asked).rejects.toThrow();
    await until(() => slow.requests.length > 0);
    await slow.close();
    await refused;
  });
});
