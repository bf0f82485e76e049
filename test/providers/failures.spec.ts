import { describe, expect, it } from '@jest/globals';
import type { KeyVerdict, ProviderFailure } from '../../lib/interfaces/index.js';
import { knownProvider, knownProviderIds, knownProviders, type KnownProviderId } from '../../lib/providers/index.js';
import { NEEDS_ADDRESS, ONLY_AT_A_CHECK } from './answers/at-use.js';
import type { Case, Cases } from './answers/case.js';
import { GENERAL } from './answers/general.js';
import { MODEL_HOSTS } from './answers/model-hosts.js';
import { MODEL_MAKERS } from './answers/model-makers.js';
import { SERVICES } from './answers/services.js';
import { REQUESTS } from './requests.js';

const ANSWERS: Cases = { ...MODEL_MAKERS, ...MODEL_HOSTS, ...SERVICES };
const readers = knownProviders(...knownProviderIds);

/** Where the SDKs call. */
const URLS: Partial<Record<KnownProviderId, string>> = {
  'bedrock-api-key': 'https://bedrock-runtime.eu-central-1.amazonaws.com/model/a/invoke',
  huggingface: 'https://router.huggingface.co/v1/chat/completions',
};
const urlOf = (id: KnownProviderId) => URLS[id] ?? `${REQUESTS[id].base}/any/path`;

const said = (verdict: KeyVerdict | undefined) =>
  verdict && (verdict.reason === undefined ? verdict.outcome : `${verdict.outcome}/${verdict.reason}`);

/** What is known of a failed call, from an error with the answer. */
function failureOf({ status, headers, body }: Case, url?: string): ProviderFailure {
  let parsed: unknown = body;
  try {
    parsed = JSON.parse(body);
  } catch {
    // A text.
  }
  return { status, headers, body: parsed, ...(url === undefined ? {} : { url }), error: new Error(`${status} failed`) };
}

/** All providers that recognize a failure, and what they say. */
function recognized(failure: ProviderFailure): string[] {
  return knownProviderIds.flatMap((id) => {
    const verdict = said(readers[id].readFailure!(failure));
    return verdict === undefined ? [] : [`${id}: ${verdict}`];
  });
}

const failed = knownProviderIds.flatMap((id) =>
  (ANSWERS[id] ?? []).filter(({ status }) => status >= 400).map((each) => ({ id, name: `${id}: ${each.what}`, each })),
);
const isDefinite = (says: string) => /^refused|no-credit$|restricted$/.test(says);

describe('A failed call', () => {
  it.each(failed.map(({ name, id, each }): [string, KnownProviderId, Case] => [name, id, each]))(
    'with its address is read by its own provider alone: %s',
    (name, id, each) => {
      const definite = isDefinite(each.says) && !ONLY_AT_A_CHECK.has(name);
      expect(recognized(failureOf(each, urlOf(id)))).toEqual(definite ? [`${id}: ${each.says}`] : []);
    },
  );

  it.each(failed.map(({ name, id, each }): [string, KnownProviderId, Case] => [name, id, each]))(
    'without its address is read by its own provider or by none: %s',
    (name, id, each) => {
      const definite = isDefinite(each.says) && !ONLY_AT_A_CHECK.has(name) && !NEEDS_ADDRESS.has(name);
      expect(recognized(failureOf(each))).toEqual(definite ? [`${id}: ${each.says}`] : []);
    },
  );

  it.each(knownProviderIds)('of %s that says nothing of a key is not read', (id) => {
    for (const each of GENERAL.filter(({ status }) => status >= 400)) {
      expect([each.what, recognized(failureOf(each, urlOf(id)))]).toEqual([each.what, []]);
      expect([each.what, recognized(failureOf(each))]).toEqual([each.what, []]);
    }
  });

  it("with an address of others is nobody's, whatever it says", () => {
    for (const { id, name, each } of failed) {
      // Servers that users choose may be anywhere: such an error is theirs, if the address is.
      const others = recognized(failureOf(each, 'https://internal.example.com/v1')).filter(
        (found) => !found.startsWith('openai-compatible') && !(id === 'azure-openai' && found.startsWith(id)),
      );
      expect([name, others]).toEqual([name, []]);
    }
  });
});

describe('What is not about the key', () => {
  const at = (id: KnownProviderId) => urlOf(id);
  const openai = (message: string, code: string | null = null) => ({
    error: { message, type: 'invalid_request_error', code },
  });

  it.each<[string, number, string, unknown]>([
    ['a model that is not there', 404, at('openai'), openai('The model `a` does not exist', 'model_not_found')],
    [
      'a model without access',
      403,
      at('openai'),
      openai('Project `a` does not have access to model `b`', 'model_not_found'),
    ],
    [
      'what the user wrote, repeated',
      400,
      at('openai'),
      openai("Invalid value: 'check my credit balance and billing'"),
    ],
    [
      'a limit',
      429,
      at('openai'),
      openai('Rate limit reached. See https://platform.openai.com/account/billing', 'rate_limit_exceeded'),
    ],
    [
      'moderation',
      403,
      at('openrouter'),
      { error: { code: 403, message: 'Your input was flagged', metadata: { flagged_input: 'credit card' } } },
    ],
    [
      'a card that was declined',
      402,
      at('stripe'),
      { error: { type: 'card_error', code: 'card_declined', message: 'Your card was declined.' } },
    ],
    [
      'a balance for a payout',
      400,
      at('stripe'),
      { error: { type: 'invalid_request_error', code: 'balance_insufficient', message: 'Insufficient balance' } },
    ],
    [
      'an archived repository',
      403,
      at('github'),
      { message: 'Repository was archived so is read-only.', documentation_url: 'https://docs.github.com/rest' },
    ],
    [
      'the address of a sender',
      403,
      at('sendgrid'),
      { errors: [{ message: 'The from address does not match a verified Sender Identity.' }] },
    ],
    ['a gated model', 403, at('huggingface'), { error: 'Access to model a/b is restricted.' }],
    [
      'a limit on indexes',
      403,
      at('pinecone'),
      { error: { code: 'FORBIDDEN', message: 'You have reached the max serverless indexes allowed in the project.' } },
    ],
    [
      'the rights on a bucket',
      403,
      'https://a.s3.eu-central-1.amazonaws.com/b',
      { Code: 'AccessDenied', Message: 'Access Denied' },
    ],
    [
      'a region',
      403,
      at('openai'),
      openai('Country, region, or territory not supported', 'unsupported_country_region_territory'),
    ],
    [
      'a deployment',
      404,
      at('azure-openai'),
      { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } },
    ],
  ])('is not read: %s', (_, status, url, body) => {
    expect(recognized({ status, url, body, error: new Error('failed') })).toEqual([]);
    expect(recognized({ status, body, error: new Error('failed') })).toEqual([]);
  });

  it('is an error with a status and a marker, but without an answer', () => {
    const error = Object.assign(new Error('See https://platform.openai.com/account/api-keys'), {
      status: 401,
      code: 'invalid_api_key',
    });
    expect(recognized({ status: 401, error })).toEqual([]);
    expect(recognized({ error })).toEqual([]);
    expect(recognized({ status: 401, headers: { date: 'now' }, error })).toEqual(['openai: refused/invalid']);
  });

  it('is a sign-in of the application', () => {
    for (const message of ['Invalid username or password.', 'Bad credentials', 'User not found.', 'Unauthorized']) {
      expect([
        message,
        recognized({ status: 401, body: { error: message, message }, error: new Error(message) }),
      ]).toEqual([message, []]);
    }
  });
});

describe('The shape of an SDK', () => {
  class GroqError extends Error {}
  class APIError extends GroqError {}
  class AuthenticationError extends APIError {}
  class StripeError extends Error {}
  class MistralError extends Error {}

  it('shows whose an error is', () => {
    const body = { error: { message: 'No.' } };
    expect(recognized({ status: 401, body, error: new AuthenticationError('401') })).toEqual(['groq: refused/invalid']);
    expect(recognized({ status: 401, body: { detail: 'Unauthorized' }, error: new MistralError('401') })).toEqual([
      'mistral: refused/invalid',
    ]);
    const refused = { message: 'No.', type: 'invalid_request_error' };
    expect(recognized({ status: 401, body: refused, error: new StripeError('No.') })).toEqual([
      'stripe: refused/invalid',
    ]);
    expect(recognized({ status: 401, body, error: new Error('401') })).toEqual([]);
  });

  it('is found in what an error was thrown for', () => {
    const inner = new AuthenticationError('401');
    const failure = { status: 401, body: { error: { message: 'No.' } } };
    const retry = Object.assign(new Error('Failed after 3 attempts.'), { lastError: inner });
    for (const error of [new Error('a', { cause: inner }), retry, new AggregateError([new Error('b'), inner])]) {
      expect(recognized({ ...failure, error })).toEqual(['groq: refused/invalid']);
    }
    const loop = new Error('a');
    loop.cause = loop;
    expect(recognized({ ...failure, error: loop })).toEqual([]);
  });

  it('may have the body in its message, or in the error of AWS', () => {
    const [, { body }] = MODEL_MAKERS['google-gemini']!;
    const error = Object.assign(new Error(body), { name: 'ApiError', status: 400 });
    expect(recognized({ status: 400, error })).toEqual(['google-gemini: refused/invalid']);
    const aws = Object.assign(new Error('The security token included in the request is invalid.'), {
      name: 'UnrecognizedClientException',
      $fault: 'client',
      $metadata: { httpStatusCode: 403 },
    });
    expect(recognized({ status: 403, error: aws })).toEqual(['aws-access-key: refused/invalid']);
    const unknown = Object.assign(new Error('Authentication failed: Please make sure your API Key is valid.'), {
      name: 'Unknown',
      $metadata: { httpStatusCode: 403 },
    });
    expect(recognized({ status: 403, error: unknown })).toEqual(['bedrock-api-key: refused/invalid']);
  });
});

describe("A server of one's own", () => {
  const url = 'https://llm.internal.example/v1/chat/completions';
  const body = { error: 'Unauthorized' };

  it("is known by the baseUrl of the application, and by an address that is not another provider's", () => {
    const own = knownProvider('openai-compatible', { baseUrl: 'https://llm.internal.example/v1' }).readFailure!;
    const any = readers['openai-compatible'].readFailure!;
    const error = new Error('401');
    for (const read of [own, any]) {
      expect(said(read({ status: 401, url, body, error }))).toBe('refused/invalid');
      expect(read({ status: 401, url: 'https://api.openai.com/v1/models', body, error })).toBeUndefined();
      expect(read({ status: 401, body, error })).toBeUndefined();
      expect(read({ status: 403, url, body, error })).toBeUndefined();
    }
    expect(own({ status: 401, url: 'https://other.example/v1', body, error })).toBeUndefined();
  });

  it('between OpenAI and the application has the words of OpenAI', () => {
    const { readFailure } = knownProvider('openai', { baseUrl: 'http://127.0.0.1:4000/v1' });
    const failure = failureOf(MODEL_MAKERS.openai![1], 'http://127.0.0.1:4000/v1/chat/completions');
    expect(said(readFailure!(failure))).toBe('refused/invalid');
    expect(readFailure!({ ...failure, url: 'http://127.0.0.1:4001/v1' })).toBeUndefined();
  });
});
