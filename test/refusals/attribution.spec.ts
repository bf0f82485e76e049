import { describe, expect, it } from '@jest/globals';
import { UnauthorizedException } from '@nestjs/common';
import { attribute, attributeTo, failureOf } from '../../lib/refusals/index.js';
import { providerOf, sdkError } from '../support/refusals.js';

const KEY = 'op-an-example-of-a-key-1f9c';
const key = { provider: 'openai', apiKey: KEY, fields: {} };
const work = { provider: 'openai', apiKey: 'op-another-example-key-77ab', fields: {} };
const mistral = { provider: 'mistral', apiKey: 'mi-an-example-of-a-key-4d4d', fields: {} };
const providers = { openai: providerOf('openai', { keyPrefix: 'op-' }), mistral: providerOf('mistral') };

const judge = (error: unknown, keys = [key], all: Parameters<typeof attribute>[2] = providers) =>
  attribute(failureOf(error), keys, all);

describe('A refusal', () => {
  it.each([
    [401, { outcome: 'refused', reason: 'invalid' }],
    [402, { outcome: 'accepted', reason: 'no-credit' }],
    [403, { outcome: 'accepted', reason: 'restricted' }],
  ])('of status %i is about the key', (status, verdict) => {
    expect(judge(sdkError('openai', status))).toEqual({ key, verdict });
  });

  it.each([
    ['with another key beside it', [mistral, key]],
    ['with the same key twice', [key, key]],
  ])('is about the key of its provider, %s', (_, keys) => {
    expect(judge(sdkError('openai', 401), keys)?.key).toBe(key);
  });

  it.each([
    ['ends', `Incorrect API key provided: ****1f9c.`],
    ['begins and ends', `Incorrect API key provided: op-an-ex*******1f9c. See https://platform.example.`],
    ['begins with dots', 'Bad key op-an...1f9c'],
    ['is whole', `Incorrect API key provided: ${KEY}.`],
    ['is not quoted', 'Invalid key... try again, authentication: failed**'],
  ])('may quote how the key %s', (_, message) => {
    expect(judge(sdkError('openai', 401, message))?.key).toBe(key);
    expect(attributeTo(failureOf(sdkError('openai', 401, message)), key, providers)).toEqual({
      outcome: 'refused',
      reason: 'invalid',
    });
  });

  it('tells two keys of a provider apart by what it quotes', () => {
    expect(judge(sdkError('openai', 401, 'Bad key: ****77ab'), [key, work])?.key).toBe(work);
    expect(judge(sdkError('openai', 401, `Bad key: ${KEY}`), [key, work])?.key).toBe(key);
  });

  it.each([
    ['a host of the provider', 'https://api.openai.example/v1/chat', {}],
    ['a host below one', 'https://eu.api.openai.example/v1', { hosts: ['*.api.openai.example'] }],
    ['the base address', 'http://127.0.0.1:4000/v1/chat', { baseUrl: 'http://127.0.0.1:4000/v1' }],
    ["the key's own", 'https://mine.example/v1', { fields: { url: { type: 'url' as const } } }],
  ])('may come from %s', (_, url, more) => {
    const own = { ...key, fields: { url: 'https://mine.example/v1' } };
    const all = { ...providers, openai: providerOf('openai', more) };
    expect(judge(sdkError('openai', 401, '', { url }), [own], all)?.key).toBe(own);
  });
});

describe('Not about the key is', () => {
  it.each<[string, unknown]>([
    ['an exception of the application', new UnauthorizedException({ error: { type: 'openai_error' } })],
    ['an exception around the refusal', new UnauthorizedException('no', { cause: sdkError('openai', 401) })],
    ['an error with a status and nothing else', Object.assign(new Error('openai_error'), { status: 401 })],
    ['another answer of the provider', sdkError('openai', 429)],
    ['an outage', sdkError('openai', 503)],
    ['the answer of another provider', sdkError('mistral', 401)],
    ['that of a provider nobody knows', sdkError('unknown', 401)],
    ['an answer from another host', sdkError('openai', 401, '', { url: 'https://internal.example/v1' })],
    ['from a host that ends alike', sdkError('openai', 401, '', { url: 'https://evil-api.openai.example/' })],
    [
      'from the same host on another port of this machine',
      sdkError('openai', 401, '', { url: 'http://127.0.0.1:4001/' }),
    ],
    ['one that quotes how another key ends', sdkError('openai', 401, 'Incorrect API key provided: ****77ab')],
    ['one that quotes how another key begins', sdkError('openai', 401, 'Bad key op-other***1f9c')],
    [
      'one that quotes another key',
      sdkError('openai', 401, 'Incorrect API key provided: op-the-key-of-the-application-9'),
    ],
    ['one that quotes another key after a colon', sdkError('openai', 401, 'Bad key: 4f4f4f4f4f4f4f4f4f')],
    ['one that quotes more than the key has', sdkError('openai', 401, `Bad key: ${KEY}***${KEY}`)],
  ])('%s', (_, error) => {
    expect(judge(error)).toBeUndefined();
    expect(attributeTo(failureOf(error), key, providers)).toBeUndefined();
  });

  it('an answer that two keys may have been refused by', () => {
    expect(judge(sdkError('openai', 401), [key, work])).toBeUndefined();
    expect(judge(sdkError('openai', 401, 'Bad key: op-***'), [key, work])).toBeUndefined();
  });

  it('an answer that two providers recognize, unless its address says whose it is', () => {
    const alike = { ...providers, other: providerOf('openai', { hosts: ['other.example'] }) };
    expect(judge(sdkError('openai', 401), [key], alike)).toBeUndefined();
    expect(judge(sdkError('openai', 401, '', { url: 'https://api.openai.example/' }), [key], alike)?.key).toBe(key);
    expect(judge(sdkError('openai', 401, '', { url: 'https://other.example/' }), [key], alike)).toBeUndefined();
    // Work that was given the key says whose it is.
    expect(attributeTo(failureOf(sdkError('openai', 401)), key, alike)).toEqual({
      outcome: 'refused',
      reason: 'invalid',
    });
  });

  it('an answer with an address, if those of its provider are unknown', () => {
    const error = sdkError('openai', 401, '', { url: 'https://api.openai.example/' });
    const all = { openai: { readFailure: providers.openai.readFailure } };
    expect(judge(error, [key], all)).toBeUndefined();
    expect(attributeTo(failureOf(error), key, all)).toEqual({ outcome: 'refused', reason: 'invalid' });
  });
});
