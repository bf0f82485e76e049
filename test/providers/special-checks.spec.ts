import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CheckFetch, ProviderConfig } from '../../lib/interfaces/index.js';
import { knownProvider } from '../../lib/providers/index.js';
import { signRequest } from '../../lib/providers/sigv4.js';
import { answer, CHALLENGE, list, OPENRESTY } from './answers/case.js';
import { SERVICES } from './answers/services.js';
import { StandIn, type Answers } from './stand-in.js';

const KEY = 'an-example-of-a-key-1f9c';
const standIn = new StandIn();

beforeAll(() => standIn.start());
afterAll(() => standIn.stop());

async function check(
  config: ProviderConfig,
  fields: Record<string, string>,
  answers: Answers,
  { apiKey = KEY, fetch = standIn.fetch } = {},
): Promise<string> {
  standIn.willAnswer(...answers);
  const { signal } = new AbortController();
  const { outcome, reason } = await config.check!({ provider: 'any', apiKey, fields, signal, fetch });
  return `${outcome}/${reason}`;
}

describe('A control', () => {
  const own = { baseUrl: 'https://llm.example.com/v1' };
  const listed = answer('', 200, list, '');

  it.each<[string, Answers[number], string]>([
    ['is refused, as it should be', answer('', 401, { error: 'a' }, ''), 'accepted/undefined'],
    ['is refused as 403', answer('', 403, { error: 'a' }, ''), 'accepted/undefined'],
    ['is answered too', listed, 'unknown/not-checkable'],
    ['is limited', answer('', 429, {}, ''), 'unknown/rate-limited'],
    ['fails', answer('', 500, {}, ''), 'unknown/unreachable'],
    ['finds nothing', answer('', 404, {}, ''), 'unknown/unreadable'],
    ['is stopped on its way', answer('', 403, CHALLENGE, ''), 'unknown/unreadable'],
  ])('that %s decides what a list proves', async (_, control, expected) => {
    for (const id of ['openai-compatible', 'perplexity'] as const) {
      expect(await check(knownProvider(id), id === 'perplexity' ? {} : own, [listed, control])).toBe(expected);
      const [first, second] = standIn.arrived;
      expect(first.headers.authorization).toBe(`Bearer ${KEY}`);
      expect(second.headers.authorization).toMatch(/^Bearer (?:sk|pplx)-[0-9a-f]{48}$/);
      expect(second.path).toBe(first.path);
    }
  });

  it('of Perplexity is refused with a page', async () => {
    const refused = answer('', 401, OPENRESTY, '');
    expect(await check(knownProvider('perplexity'), {}, [listed, refused])).toBe('accepted/undefined');
    expect(await check(knownProvider('openai-compatible'), own, [listed, refused])).toBe('unknown/unreadable');
  });

  it('that gets no answer leaves the key unknown, and each is another key', async () => {
    const keys: string[] = [];
    const fetch: CheckFetch = (url, request) => {
      keys.push(request!.headers!['authorization']);
      return keys.length % 2 === 0 ? Promise.reject(new Error('reset')) : standIn.fetch(url, request);
    };
    for (let i = 0; i < 2; i++) {
      expect(await check(knownProvider('openai-compatible'), own, [listed], { fetch })).toBe('unknown/unreachable');
    }
    expect(new Set(keys).size).toBe(3);
  });

  it('is not asked after a refusal', async () => {
    expect(await check(knownProvider('openai-compatible'), own, [answer('', 401, {}, '')])).toBe('refused/invalid');
    expect(standIn.arrived).toHaveLength(1);
  });
});

describe('A field', () => {
  const ok = [answer('', 200, { data: [], modelSummaries: [], scopes: [] }, '')];

  it.each([
    ['evil.example/', 'unknown/unreadable'],
    ['us-east-1.evil.example/', 'unknown/unreadable'],
    ['us-east-1@evil.example', 'unknown/unreadable'],
    ['us-east-1#', 'unknown/unreadable'],
    ['', 'unknown/unreadable'],
    ['zz-nowhere-9', 'unknown/unreadable'],
  ])('region %j makes no other host: no request', async (region, expected) => {
    expect(await check(knownProvider('bedrock-api-key'), { region }, ok)).toBe(expected);
    if (region !== 'zz-nowhere-9' && region !== '') {
      const fields = { region, accessKeyId: 'AKIDEXAMPLEEXAMPLE' };
      expect(await check(knownProvider('aws-access-key'), fields, ok)).toBe(expected);
    }
    expect(standIn.asked).toEqual([]);
    expect(await check(knownProvider('bedrock-api-key'), { region: 'us-east-1' }, ok)).toBe('accepted/undefined');
    expect(standIn.asked).toHaveLength(1);
  });

  it('endpoint that is not of Azure is not asked', async () => {
    for (const endpoint of [
      'https://gateway.azure-api.net',
      'https://openai.azure.com.evil.example',
      'https://evil.example/.openai.azure.com',
      'https://evilopenai.azure.com',
      'https://a.openai.azure.com:8443',
      'http://a.openai.azure.com',
      'https://a.openai.azure.com@evil.example',
    ]) {
      expect([endpoint, await check(knownProvider('azure-openai'), { endpoint }, ok)]).toEqual([
        endpoint,
        'unknown/not-checkable',
      ]);
      expect(standIn.asked).toEqual([]);
    }
    const endpoint = 'https://a.openai.azure.com/openai/v1';
    expect(await check(knownProvider('azure-openai'), { endpoint }, ok)).toBe('accepted/undefined');
  });

  it('region of SendGrid chooses its host, and nothing else does', async () => {
    await check(knownProvider('sendgrid'), { region: 'eu' }, ok);
    await check(knownProvider('sendgrid'), { region: 'eu' }, ok);
    expect(standIn.asked).toEqual(['https://api.eu.sendgrid.com/v3/scopes']);
    await check(knownProvider('sendgrid'), { region: 'evil.example' }, ok);
    expect(standIn.asked).toEqual(['https://api.sendgrid.com/v3/scopes']);
  });

  it('organization and project of OpenAI are sent, if they are there', async () => {
    await check(knownProvider('openai'), { organization: 'org-example' }, ok);
    expect(standIn.arrived[0].headers).toMatchObject({ 'openai-organization': 'org-example' });
    expect(standIn.arrived[0].headers).not.toHaveProperty('openai-project');
    expect(await check(knownProvider('openai'), { project: 'a\r\nx: y' }, ok)).toBe('unknown/unreadable');
    expect(standIn.arrived).toEqual([]);
  });

  it('that the check needs can be left out by the application: then nothing is asked', async () => {
    const config = knownProvider('azure-openai', { fields: { endpoint: null } });
    expect(await check(config, {}, ok)).toBe('unknown/unreadable');
    expect(standIn.asked).toEqual([]);
  });
});

describe('Hosts that the application gives', () => {
  it('are those that may be asked', async () => {
    const ok = [answer('', 200, { modelSummaries: [] }, '')];
    const config = knownProvider('bedrock-api-key', { hosts: ['bedrock.zz-nowhere-9.amazonaws.com'] });
    expect(await check(config, { region: 'zz-nowhere-9' }, ok)).toBe('accepted/undefined');
    expect(await check(config, { region: 'us-east-1' }, ok)).toBe('unknown/unreadable');
  });
});

describe('A key pair of AWS', () => {
  const fields = { accessKeyId: 'AKIDEXAMPLEEXAMPLE' };
  const [identity, , wrongId, wrongSecret] = SERVICES['aws-access-key']!;

  it('is asked once more after a wrong signature, which a wrong secret of a moment ago causes', async () => {
    expect(await check(knownProvider('aws-access-key'), fields, [wrongSecret, identity])).toBe('accepted/undefined');
    expect(standIn.arrived).toHaveLength(2);
    expect(await check(knownProvider('aws-access-key'), fields, [wrongSecret])).toBe('refused/invalid');
    expect(standIn.arrived).toHaveLength(2);
    expect(await check(knownProvider('aws-access-key'), fields, [wrongId, identity])).toBe('refused/invalid');
    expect(standIn.arrived).toHaveLength(1);
  });

  it('never sends its secret, and sends its session token', async () => {
    await check(knownProvider('aws-access-key'), { ...fields, sessionToken: 'an-example-token' }, [identity]);
    const [{ headers, body }] = standIn.arrived;
    expect(JSON.stringify(headers) + body).not.toContain(KEY);
    expect(headers).toMatchObject({ 'x-amz-security-token': 'an-example-token' });
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLEEXAMPLE\/\d{8}\/us-east-1\/sts\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
    expect(standIn.asked).toEqual(['https://sts.us-east-1.amazonaws.com/']);
  });

  it('without its identifier is not asked', async () => {
    expect(await check(knownProvider('aws-access-key'), {}, [identity])).toBe('unknown/unreadable');
    expect(standIn.arrived).toEqual([]);
  });

  // The vectors that AWS publishes for its Signature Version 4.
  it.each([
    [{ url: 'https://example.amazonaws.com/' }, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      {
        url: 'https://example.amazonaws.com/',
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'Param1=value1',
      },
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
    [
      {
        url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        service: 'iam',
      },
      '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    ],
  ])('is signed as AWS signs %j', (request, signature) => {
    const plain = { method: 'GET', headers: {}, body: '', region: 'us-east-1', service: 'service' };
    const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
    const at = new Date('2015-08-30T12:36:00Z');
    const signed = signRequest({ ...plain, ...request }, { accessKeyId: 'AKIDEXAMPLE', secretAccessKey }, at);
    expect(signed['authorization']).toMatch(new RegExp(`Signature=${signature}$`));
  });
});
