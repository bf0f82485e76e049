import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CanActivate, type ExecutionContext, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { withTestKeys } from '../../lib/entries/testing.js';
import {
  ByokModule,
  type ByokModuleOptions,
  type ByokRequest,
  ConfigurationError,
  StorageError,
} from '../../lib/index.js';
import { type ApiAnswer, AnswerCheck } from '../support/open-api.js';
import { adapterOf, type Platform, PLATFORMS } from '../support/platforms.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const LIMIT = 5;

interface Call {
  method: 'get' | 'put' | 'patch' | 'delete' | 'post';
  path: string;
  body?: object | string;
}

const BASE = '/byok/api/keys';
/** Each operation, on a key that the user has. */
const OPERATIONS: Call[] = [
  { method: 'get', path: BASE },
  { method: 'put', path: `${BASE}/{provider}`, body: { apiKey: KEY } },
  { method: 'put', path: `${BASE}/{provider}/default`, body: { label: 'default' } },
  { method: 'patch', path: `${BASE}/{provider}`, body: { fields: { region: 'north' } } },
  { method: 'post', path: `${BASE}/{provider}/check` },
  { method: 'delete', path: `${BASE}/{provider}` },
  { method: 'delete', path: BASE },
];
const WRITES = OPERATIONS.filter(({ method }) => method !== 'get');

/** Fails as the request asks for. */
const failing: CanActivate = {
  canActivate(context: ExecutionContext) {
    switch (context.switchToHttp().getRequest<ByokRequest>().headers['x-fail']) {
      case 'refused':
        return false;
      case 'configuration':
        throw new ConfigurationError('Of the test.');
      case 'unavailable':
        throw new StorageError();
      case 'internal':
        throw new Error('of the test');
      default:
        return true;
    }
  },
};

const options: Partial<ByokModuleOptions> = {
  storage: 'database',
  resolveUser: ({ headers }) => headers['x-user'] as string | undefined,
  rateLimit: false,
  maxKeysPerUser: LIMIT,
  providers: {
    openai: { fields: { region: { visible: true } }, keyPrefix: 'an-' },
    doubted: { keyPrefix: 'pre-' },
    // What they say of every key.
    accepting: { check: async () => ({ outcome: 'accepted', reason: 'no-credit' }) },
    refusing: { check: async () => ({ outcome: 'refused', reason: 'revoked' }) },
    silent: { check: () => Promise.reject(new Error('of the test')) },
  },
  checkOnSave: true,
  api: { guards: [failing] },
};

async function start(platform: Platform, more: Partial<ByokModuleOptions> = {}): Promise<INestApplication> {
  const byokModule = ByokModule.forRoot({ secret: '', db: '', ...options, ...more });
  const keys = { alice: { openai: KEY }, bob: { openai: { apiKey: KEY, fields: { region: 'south' } } } };
  const module = await withTestKeys(Test.createTestingModule({ imports: [byokModule] }), { keys }).compile();
  const app = module.createNestApplication(adapterOf(platform), { logger: false });
  await app.listen(0, '127.0.0.1');
  return app;
}

describe.each(PLATFORMS)('The JSON API on %s, beside its document', (platform) => {
  const check = new AnswerCheck();
  let app: INestApplication;
  let users = 0;

  beforeAll(async () => {
    app = await start(platform);
  });
  afterAll(() => app.close());

  interface Sent {
    user?: string | null;
    headers?: Record<string, string>;
    provider?: string;
    query?: string;
    to?: INestApplication;
  }

  async function send(call: Call, sent: Sent = {}): Promise<ApiAnswer> {
    const { user = 'alice', headers = {}, provider = 'openai', query = '', to = app } = sent;
    const { method, path, body } = call;
    const test = request(to.getHttpServer())[method](path.replace('{provider}', provider) + query);
    void test.set({ 'Sec-Fetch-Site': 'same-origin', ...(user !== null && { 'X-User': user }), ...headers });
    const answer = await (body ? test.send(body) : test);
    return {
      path,
      method,
      status: answer.status,
      headers: answer.headers,
      body: answer.text === '' || answer.text === undefined ? undefined : JSON.parse(answer.text),
    };
  }

  /** Sends it, expects this status, and that the document has the answer. */
  async function expectOf(call: Call, status: number, sent: Sent = {}): Promise<ApiAnswer> {
    const answer = await send(call, sent);
    expect([call.method, call.path, answer.status]).toEqual([call.method, call.path, status]);
    expect([call.method, call.path, status, check.faultsOf(answer)]).toEqual([call.method, call.path, status, []]);
    return answer;
  }

  const someone = () => `user-${++users}`;

  it('has what succeeds', async () => {
    for (const call of OPERATIONS) await expectOf(call, call.method === 'delete' ? 204 : 200, { user: 'bob' });
    const user = someone();
    const [, put, , patch, checkKey] = OPERATIONS;
    const body = { apiKey: KEY, label: 'work', ttlSeconds: 60, fields: { region: 'north' } };
    const saved = await expectOf({ ...put, body }, 200, { user });
    expect(saved.body).toMatchObject({ visibleFields: { region: 'north' }, warnings: [] });
    const doubted = await expectOf(put, 200, { user, provider: 'doubted' });
    expect(doubted.body).toMatchObject({ warnings: ['prefix'] });
    const silent = await expectOf(put, 200, { user, provider: 'silent' });
    expect(silent.body).toMatchObject({ warnings: ['not-checked'] });
    const accepted = await expectOf(put, 200, { user, provider: 'accepting' });
    expect(accepted.body).toMatchObject({ lastCheck: { outcome: 'accepted', reason: 'no-credit', by: 'check' } });
    for (const provider of ['openai', 'silent', 'accepting']) {
      await expectOf(checkKey, 200, { user, provider, query: provider === 'openai' ? '?label=work' : '' });
    }
    await expectOf({ ...patch, body: { expiresAt: null } }, 200, { user, query: '?label=work' });
    await expectOf(OPERATIONS[0], 200, { user });
  });

  it('has what is wrong with a request', async () => {
    for (const call of OPERATIONS) {
      await expectOf(call, 401, { user: null });
      const large = { ...call, body: { apiKey: 'k'.repeat(50 * 1024) } };
      await expectOf(large, 413);
      await expectOf({ ...call, body: 'text' }, 415, { headers: { 'Content-Type': 'text/plain' } });
      if (platform === 'fastify' && call.method === 'get') continue;
      await expectOf({ ...call, body: '{"apiKey":' }, 400, { headers: { 'Content-Type': 'application/json' } });
    }
    for (const call of WRITES) {
      const answer = await expectOf(call, 403, { headers: { 'Sec-Fetch-Site': 'cross-site' } });
      expect(answer.body).toMatchObject({ code: 'BYOK_CSRF' });
    }
  });

  it('has what is wrong with a key', async () => {
    const user = someone();
    const [, put, setDefault, patch, checkKey, remove] = OPERATIONS;
    for (const call of [setDefault, patch, checkKey, remove]) await expectOf(call, 404, { user });
    for (const call of [put, { ...patch, body: { apiKey: 'an-…1f9c' } }]) {
      await expectOf({ ...call, body: { apiKey: 'an-…1f9c' } }, 422);
    }
    const refusedKey = await expectOf(put, 422, { user, provider: 'refusing' });
    expect(refusedKey.body).toMatchObject({ reason: 'revoked' });
    for (let i = 0; i < LIMIT; i++) await expectOf({ ...put, body: { apiKey: KEY, label: `n${i}` } }, 200, { user });
    const full = await expectOf({ ...put, body: { apiKey: KEY, label: 'one-more' } }, 409, { user });
    expect(full.body).toMatchObject({ code: 'BYOK_KEY_LIMIT' });
    const taken = await expectOf({ ...patch, body: { label: 'n2' } }, 409, { user, query: '?label=n1' });
    expect(taken.body).toMatchObject({ code: 'BYOK_CONFLICT' });
  });

  it('has what the application refuses and where it fails', async () => {
    for (const call of OPERATIONS) {
      await expectOf(call, 403, { headers: { 'X-Fail': 'refused' } });
      await expectOf(call, 500, { headers: { 'X-Fail': 'configuration' } });
      await expectOf(call, 500, { headers: { 'X-Fail': 'internal' } });
      await expectOf(call, 503, { headers: { 'X-Fail': 'unavailable' } });
    }
  });

  it('has what is refused without TLS, and after too many changes', async () => {
    const secure = await start(platform, { https: 'block' });
    for (const call of OPERATIONS) await expectOf(call, 403, { to: secure });
    await secure.close();
    const limited = await start(platform, { rateLimit: { perOwner: 1 } });
    await send(WRITES[0], { to: limited });
    for (const call of WRITES) await expectOf(call, 429, { to: limited });
    await limited.close();
  });

  it('was seen in every answer that is documented', () => {
    const unseen = check.documented.filter((each) => !check.seen.has(each));
    // Fastify reads no body of a GET.
    expect(unseen).toEqual(platform === 'fastify' ? ['GET /byok/api/keys 400'] : []);
    const codes = JSON.stringify(check.document).match(/BYOK_[A-Z_]+/g)!;
    expect([...check.codes].sort()).toEqual([...new Set(codes)].sort());
  });

  it('would not pass with another answer', async () => {
    const right = await send(OPERATIONS[0], { user: 'alice' });
    const refused = await send(OPERATIONS[1], { user: null });
    const key = { ...(right.body as { keys: object[] }).keys[0] } as Record<string, unknown>;
    expect(check.faultsOf(right)).toEqual([]);
    const wrong: [string, ApiAnswer][] = [
      ['a missing property', { ...right, body: { keys: [{ ...key, hint: undefined }] } }],
      ['a key', { ...right, body: { keys: [{ ...key, apiKey: KEY }] } }],
      ['no moment', { ...right, body: { keys: [{ ...key, createdAt: 'yesterday' }] } }],
      ['another status', { ...right, status: 206 }],
      ['no body', { ...right, body: undefined }],
      ['another type', { ...right, headers: { 'content-type': 'text/html' } }],
      ['a code of another status', { ...refused, body: { ...(refused.body as object), code: 'BYOK_CSRF' } }],
      ['more than an error has', { ...refused, body: { ...(refused.body as object), cause: 'x' } }],
      ['a body of none', { ...right, method: 'delete', status: 204, body: {} }],
      ['no Retry-After', { ...right, method: 'delete', status: 429, headers: {} }],
      ['another path', { ...right, path: '/byok/api/other' }],
    ];
    for (const [what, answer] of wrong) expect([what, check.faultsOf(answer).length > 0]).toEqual([what, true]);
  });
});
