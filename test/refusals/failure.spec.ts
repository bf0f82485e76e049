import { describe, expect, it } from '@jest/globals';
import { HttpException, UnauthorizedException } from '@nestjs/common';
import fc from 'fast-check';
import { KeyUnusableError } from '../../lib/errors/index.js';
import { attribute, attributeTo, failureOf, mayBeRefusal, readFailure } from '../../lib/refusals/index.js';
import { providerOf } from '../support/refusals.js';

const BODY = { error: { code: 'invalid_api_key' } };
const TEXT = JSON.stringify(BODY);

describe('What is known of a failed call', () => {
  it.each<[string, object, object]>([
    ['openai', { status: 401, headers: new Headers({ 'X-Id': '1' }), error: BODY.error }, { headers: { 'x-id': '1' } }],
    ['anthropic and groq', { status: 401, error: BODY }, {}],
    [
      'ai',
      { statusCode: 401, responseBody: TEXT, url: 'https://a.example/v1?key=x', data: 1 },
      { url: 'https://a.example/v1' },
    ],
    ['genai', Object.assign(new Error(TEXT), { status: 401 }), {}],
    [
      'mistral',
      { statusCode: 401, body: TEXT, rawResponse: { url: 'https://a.example/' } },
      { url: 'https://a.example/' },
    ],
    ['cohere', { statusCode: 401, body: BODY }, {}],
    [
      'axios',
      {
        status: 401,
        response: { status: 401, data: BODY, headers: { A: ['1', '2'] } },
        config: { url: '/x', baseURL: 'https://a.example/v1/' },
      },
      { headers: { a: '1, 2' }, url: 'https://a.example/v1/x' },
    ],
    ['axios with bytes', { response: { status: 401, data: Buffer.from(TEXT) } }, {}],
    ['undici', { statusCode: 401, body: BODY, headers: { b: '2' } }, { headers: { b: '2' } }],
  ])('of %s', (_, error, more) => {
    expect(failureOf(error)).toEqual({ status: 401, body: BODY, error, ...more });
  });

  it('of AWS', () => {
    const error = Object.assign(new Error('Authentication failed.'), {
      name: 'Unknown',
      $metadata: { httpStatusCode: 403 },
    });
    expect(failureOf(error)).toEqual({ status: 403, body: { __type: 'Unknown', message: error.message }, error });
  });

  it.each<[string, (inner: object) => object]>([
    ['lastError', (inner) => ({ lastError: inner })],
    ['cause', (inner) => new Error('wrapped', { cause: inner })],
    ['errors', (inner) => new AggregateError([new Error('other'), inner])],
    ['all of them', (inner) => ({ errors: [{ lastError: new Error('', { cause: inner }) }] })],
    ['four causes', (inner) => ({ cause: { cause: { cause: { cause: inner } } } })],
  ])('below %s', (_, wrap) => {
    const error = wrap({ status: 401, error: BODY });
    expect(failureOf(error)).toEqual({ status: 401, body: BODY, error });
  });

  it('not further below, and not below what the application decided', () => {
    const inner = { status: 401, error: BODY };
    for (const error of [
      { cause: { cause: { cause: { cause: { cause: inner } } } } },
      new HttpException('no', 401, { cause: inner }),
      { cause: new UnauthorizedException('no', { cause: inner }) },
      Object.assign(new Error('no', { cause: inner }), { statusCode: 401, status: 401, expose: true }),
      Object.assign(new KeyUnusableError('BYOK_KEY_REFUSED', 'openai', 'default'), { cause: inner }),
    ]) {
      expect(failureOf(error)).toEqual({ error });
    }
  });

  it('of a Response, whose body stays for others to read', async () => {
    const response = Response.json(BODY, { status: 401, headers: { a: '1' } });
    expect(failureOf(response)).toMatchObject({ status: 401, headers: { a: '1' }, error: response });
    expect(failureOf(response).body).toBeUndefined();
    expect(await readFailure(response)).toMatchObject({ status: 401, body: BODY });
    expect(await readFailure(new Error('wrapped', { cause: response }))).toMatchObject({ status: 401, body: BODY });
    expect(await response.json()).toEqual(BODY);
    expect(await readFailure(response)).toMatchObject({ status: 401 });
  });

  it('of a Response that never ends, or does not stop, without its body or with the start of it', async () => {
    const silent = new Response(new ReadableStream({}), { status: 401 });
    expect((await readFailure(silent)).body).toBeUndefined();
    const chunk = new TextEncoder().encode('x'.repeat(10_000));
    const endless = new Response(new ReadableStream({ pull: (to) => to.enqueue(chunk) }), { status: 401 });
    const { body } = await readFailure(endless);
    expect(String(body).length).toBeGreaterThanOrEqual(65_536);
    expect(String(body).length).toBeLessThan(90_000);
  });

  it('does not take a request, a stream or a number that is not a status for an answer', () => {
    for (const error of [
      { config: { headers: { authorization: 'Bearer x' }, data: TEXT }, request: { body: TEXT } },
      { status: 'failed' },
      { status: 12 },
      { statusCode: Number.NaN },
      { status: 401.5 },
    ]) {
      expect(failureOf(error)).toEqual({ error });
    }
    expect(failureOf({ status: 401, body: new ReadableStream() }).body).toBeUndefined();
  });
});

/** Whatever code can throw, hostile or broken. */
function hostile(): unknown[] {
  const loop: Record<string, unknown> = { status: 401 };
  Object.assign(loop, { cause: loop, errors: [loop], lastError: loop, error: loop, body: loop });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const fail = () => {
    throw new Error('no');
  };
  const getters = Object.defineProperties(
    {},
    Object.fromEntries(
      [
        'status',
        'cause',
        'errors',
        'error',
        'body',
        'message',
        'headers',
        'url',
        'response',
        'constructor',
        'code',
        'getStatus',
      ].map((name) => [name, { get: fail }]),
    ),
  );
  const throwing = new Proxy(
    {},
    { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail },
  );
  const endless: object = new Proxy(() => undefined, { get: (_, name) => (name === 'status' ? 401 : endless) });
  const long = 'sk-***'.repeat(2_000_000);
  return [
    loop,
    proxy,
    getters,
    throwing,
    endless,
    { status: 401, body: throwing, headers: throwing, error: throwing },
    { status: 401, headers: { entries: fail } },
    { status: 401, headers: { entries: () => ({ [Symbol.iterator]: fail }) } },
    { status: 401, body: long, message: long },
    Object.assign(new Error(long), { status: 401, error: { error: { type: 'openai_error', message: long } } }),
    { status: 401, message: `{${long}` },
    { status: 401, data: new Uint8Array(20_000_000) },
    { status: 401, error: Object.freeze(Object.create(null) as object) },
    new AggregateError(Array.from({ length: 100_000 }, () => new Error('x'))),
    ...[null, undefined, '', long, 0, 401, Number.NaN, 1n, Symbol('x'), true, () => 1, [], [401], new Date(Number.NaN)],
  ];
}

describe('Whatever is thrown', () => {
  const key = { provider: 'openai', apiKey: 'sk-an-example-of-a-key-1f9c', fields: {} };
  const providers = {
    openai: providerOf('openai'),
    rude: {
      readFailure: () => {
        throw new Error('no');
      },
    },
  };

  async function judge(error: unknown): Promise<void> {
    const failure = failureOf(error);
    expect(failure.error === error || (Number.isNaN(error) && Number.isNaN(failure.error))).toBe(true);
    attribute(failure, [key], providers);
    attributeTo(failure, key, providers);
    mayBeRefusal(failure, ['openai', 'rude', 'unknown'], providers);
    await readFailure(error);
  }

  it('is read without throwing, and soon', async () => {
    for (const error of hostile()) {
      const begun = process.cpuUsage();
      await judge(error);
      expect(process.cpuUsage(begun).user).toBeLessThan(5_000_000);
    }
  });

  it('is read without throwing, of any shape', async () => {
    const value = fc.object({
      key: fc.constantFrom(
        'status',
        'statusCode',
        'cause',
        'errors',
        'lastError',
        'error',
        'body',
        'headers',
        'message',
        'response',
        'data',
        'url',
        'config',
        '$metadata',
        'httpStatusCode',
        'clone',
      ),
      maxDepth: 5,
      withNullPrototype: true,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withTypedArray: true,
      withSparseArray: true,
    });
    await fc.assert(fc.asyncProperty(value, judge), { numRuns: 1_000 });
  });
});
