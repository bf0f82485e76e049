import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CheckFetch, KeyVerdict, ProviderConfig } from '../../lib/interfaces/index.js';
import { knownProvider, knownProviderIds, type KnownProviderId } from '../../lib/providers/index.js';
import { answer, list, type Case, type Cases } from './answers/case.js';
import { GENERAL } from './answers/general.js';
import { MODEL_HOSTS } from './answers/model-hosts.js';
import { MODEL_MAKERS } from './answers/model-makers.js';
import { SERVICES } from './answers/services.js';
import { REQUESTS } from './requests.js';
import { StandIn, type Arrived } from './stand-in.js';

const KEY = 'example+key/1f9c=';
const ANSWERS: Cases = { ...MODEL_MAKERS, ...MODEL_HOSTS, ...SERVICES };
const CONTROLLED = new Set(['perplexity', 'openai-compatible']);
const standIn = new StandIn();

beforeAll(() => standIn.start());
afterAll(() => standIn.stop());

const said = ({ outcome, reason }: KeyVerdict) => (reason === undefined ? outcome : `${outcome}/${reason}`);

async function check(
  config: ProviderConfig,
  provider: KnownProviderId,
  { fields = REQUESTS[provider].fields ?? {}, apiKey = KEY, fetch = standIn.fetch } = {},
): Promise<string> {
  const { signal } = new AbortController();
  const verdict = await config.check!({ provider, apiKey, fields, signal, fetch });
  // Nothing but these two: no word of the answer.
  expect(Object.keys(verdict).sort()).toEqual(verdict.reason === undefined ? ['outcome'] : ['outcome', 'reason']);
  return said(verdict);
}

/** What no request of a check may have. */
function faultsOf({ path, headers, body }: Arrived, url: string): string[] {
  const faults = [];
  const decoded = decodeURIComponent(url + path);
  if (decoded.includes(KEY) || decoded.includes(KEY.slice(0, 8))) faults.push('the key in the address');
  if (/\b(?:gpt|claude|gemini|llama|mixtral|mistral-|sonar|deepseek-|grok|command-|voyage-)/i.test(path + body)) {
    faults.push('the name of a model');
  }
  if (/"?\bmodel\b"?\s*[:=]/.test(path + body)) faults.push('a model');
  if (headers['content-length'] !== undefined && body === '' && headers['content-length'] !== '0')
    faults.push('a body');
  return faults;
}

const table = knownProviderIds.flatMap((id) =>
  (ANSWERS[id] ?? []).map((each): [string, string, Case] => [id, each.what, each]),
);

describe('The table of answers', () => {
  it('has some of every provider, and at least 250 with what anything may answer', () => {
    expect(knownProviderIds.filter((id) => (ANSWERS[id]?.length ?? 0) < 4)).toEqual([]);
    expect(table.length + GENERAL.length * knownProviderIds.length).toBeGreaterThan(800);
    expect(table.length).toBeGreaterThan(150);
  });

  it.each(table)('%s: %s', async (id, _, given) => {
    // Where a control is asked, it is refused.
    standIn.willAnswer(given, ...(CONTROLLED.has(id) ? [answer('', 401, {}, '')] : []));
    expect(await check(knownProvider(id as KnownProviderId), id as KnownProviderId)).toBe(given.says);
  });
});

describe.each(knownProviderIds)('Of %s', (id) => {
  it.each(GENERAL.map((each): [string, Case] => [each.what, each]))('%s says nothing', async (_, given) => {
    standIn.willAnswer(given);
    expect(await check(knownProvider(id), id)).toBe(given.says);
  });

  it('no answer is unreachable', async () => {
    const fetch: CheckFetch = () => Promise.reject(new TypeError('fetch failed'));
    expect(await check(knownProvider(id), id, { fetch })).toBe('unknown/unreachable');
    const broken: CheckFetch = () =>
      Promise.resolve(new Response(new ReadableStream({ pull: (stream) => stream.error(new Error('cut off')) })));
    expect(await check(knownProvider(id), id, { fetch: broken })).toBe('unknown/unreachable');
  });

  it('a check is the request that the provider documents, with the key where it belongs and no model', async () => {
    const { url, method = 'GET', headers, body } = REQUESTS[id];
    standIn.willAnswer(answer('', 401, { error: 'a' }, ''));
    await check(knownProvider(id), id);
    expect(standIn.asked).toEqual([url]);
    const [arrived] = standIn.arrived;
    expect(arrived.method).toBe(method);
    expect(`${new URL(url).origin}${arrived.path}`).toBe(url);
    for (const [name, value] of Object.entries(headers)) {
      expect([name, arrived.headers[name]]).toEqual([name, value.replace('{key}', KEY)]);
    }
    expect(arrived.body).toBe((body ?? '').replace('{key}', encodeURIComponent(KEY)));
    expect(faultsOf(arrived, url)).toEqual([]);
  });

  it('a key that no header can carry is not sent', async () => {
    standIn.willAnswer(answer('', 401, {}, ''));
    const sendable = id === 'nvidia-nim' || id === 'aws-access-key';
    const result = await check(knownProvider(id), id, { apiKey: 'sk-…\n“example”' });
    expect(sendable || (result === 'unknown/unreadable' && standIn.arrived.length === 0)).toBe(true);
  });
});

describe('A baseUrl', () => {
  it.each(knownProviderIds)('of %s is what its SDK takes', async (id) => {
    const { url, base } = REQUESTS[id];
    standIn.willAnswer(answer('', 401, {}, ''));
    const own = `${standIn.url}/proxy${new URL(base).pathname}`.replace(/\/$/, '');
    await check(knownProvider(id, { baseUrl: `${own}/` }), id, { fetch: (at, request) => fetch(at, request) });
    const expected = id === 'nvidia-nim' ? own + new URL(url).pathname : url.replace(base, own);
    expect(standIn.arrived.map(({ path }) => standIn.url + path)).toEqual([expected]);
    // As it is written out.
    await check(knownProvider(id, { baseUrl: base }), id);
    expect(standIn.asked).toEqual([url]);
  });

  it.each<[KnownProviderId, string]>([
    ['anthropic', 'https://api.anthropic.com/v1'],
    ['groq', 'https://api.groq.com/openai/v1'],
    ['deepseek', 'https://api.deepseek.com/v1'],
    ['mistral', 'https://api.mistral.ai/v1/'],
    ['google-gemini', 'https://generativelanguage.googleapis.com/v1beta'],
    ['azure-openai', 'https://example.openai.azure.com/openai/v1'],
    ['perplexity', 'https://api.perplexity.ai/v1'],
    ['cohere', 'https://api.cohere.com/v2'],
  ])('of %s may be the one that other SDKs take: %s', async (id, baseUrl) => {
    standIn.willAnswer(answer('', 401, {}, ''));
    await check(knownProvider(id, { baseUrl }), id);
    expect(standIn.asked).toEqual([REQUESTS[id].url]);
  });
});

describe('The faults of a request', () => {
  it.each<[string, Partial<Arrived>]>([
    ['the key in the address', { path: `/v1/models?key=${encodeURIComponent(KEY)}` }],
    ['the name of a model', { body: '{"a":"gpt-4o"}' }],
    ['a model', { body: '{"model":"a"}' }],
  ])('are found: %s', (fault, request) => {
    const whole = { method: 'GET', path: '/', headers: {}, body: '', ...request };
    expect(faultsOf(whole, 'https://api.example.com')).toContain(fault);
  });

  it('are found in the table: an answer that means another thing fails', async () => {
    standIn.willAnswer(answer('', 200, list, ''));
    expect(await check(knownProvider('openai'), 'openai')).toBe('accepted');
    standIn.willAnswer(answer('', 200, { ...list, data: {} }, ''));
    expect(await check(knownProvider('openai'), 'openai')).toBe('unknown/unreadable');
  });
});
