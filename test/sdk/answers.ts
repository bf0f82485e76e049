import type { KnownProviderId } from '../../lib/entries/providers.js';

/** How a provider answers a call. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body: unknown;
}

export type Mode = 'refused' | 'noCredit' | 'restricted' | 'limited' | 'failing' | 'proxy';

type Answers = Record<'refused', (key: string) => Answer> &
  Partial<Record<'noCredit' | 'restricted' | 'limited', Answer>>;

const REQUEST_ID = { 'x-request-id': 'req_0123456789' };
const openaiError = (error: object, status: number): Answer => ({ status, headers: REQUEST_ID, body: { error } });
const anthropicError = (type: string, message: string, status: number): Answer => ({
  status,
  headers: { 'request-id': 'req_0123456789' },
  body: { type: 'error', error: { type, message }, request_id: 'req_0123456789' },
});
const googleError = (code: number, message: string, status: string, reason: string): Answer => {
  const metadata = { service: 'generativelanguage.googleapis.com' };
  const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com', metadata }];
  return { status: code, body: { error: { code, message, status, details } } };
};

/** What each provider really answers, as its documentation and public reports have it. */
export const ANSWERS = {
  openai: {
    refused: (key) =>
      openaiError(
        {
          message: `Incorrect API key provided: ${key.slice(0, 8)}${'*'.repeat(12)}${key.slice(-4)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
          type: 'invalid_request_error',
          param: null,
          code: 'invalid_api_key',
        },
        401,
      ),
    noCredit: openaiError(
      {
        message:
          'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
        type: 'insufficient_quota',
        param: null,
        code: 'insufficient_quota',
      },
      429,
    ),
    restricted: openaiError(
      {
        message:
          'You have insufficient permissions for this operation. Missing scopes: model.request. Check that you have the correct role in your organization (Reader, Writer, Owner) and project (Member, Owner), and if you are using a restricted API key, that it has the necessary scopes.',
        type: 'invalid_request_error',
        param: null,
        code: 'missing_scope',
      },
      403,
    ),
    limited: openaiError(
      {
        message:
          'Rate limit reached for requests. Visit https://platform.openai.com/account/rate-limits to learn more.',
        type: 'requests',
        param: null,
        code: 'rate_limit_exceeded',
      },
      429,
    ),
  },
  anthropic: {
    refused: () => anthropicError('authentication_error', 'invalid x-api-key', 401),
    noCredit: anthropicError(
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
      400,
    ),
    restricted: anthropicError(
      'permission_error',
      'Your API key does not have permission to use the specified resource.',
      403,
    ),
    limited: anthropicError('rate_limit_error', 'This request would exceed your rate limit.', 429),
  },
  'google-gemini': {
    refused: () =>
      googleError(400, 'API key not valid. Please pass a valid API key.', 'INVALID_ARGUMENT', 'API_KEY_INVALID'),
    restricted: googleError(
      403,
      'Requests to this API generativelanguage.googleapis.com method google.ai.generativelanguage.v1beta.GenerativeService.GenerateContent are blocked.',
      'PERMISSION_DENIED',
      'API_KEY_SERVICE_BLOCKED',
    ),
    limited: googleError(
      429,
      'Resource has been exhausted (e.g. check quota).',
      'RESOURCE_EXHAUSTED',
      'RATE_LIMIT_EXCEEDED',
    ),
  },
  groq: {
    refused: () =>
      openaiError({ message: 'Invalid API Key', type: 'invalid_request_error', code: 'invalid_api_key' }, 401),
  },
  mistral: { refused: () => ({ status: 401, body: { detail: 'Unauthorized' } }) },
  cohere: { refused: () => ({ status: 401, body: { id: '0123', message: 'invalid api token' } }) },
  'bedrock-api-key': {
    refused: () => ({
      status: 403,
      body: { Message: 'Authentication failed: Please make sure your API Key is valid.' },
    }),
  },
} satisfies Partial<Record<KnownProviderId, Answers>>;

export type Tested = keyof typeof ANSWERS;

const COMMON: Partial<Record<Mode, Answer>> = {
  limited: { status: 429, body: { error: { message: 'Slow down.' } } },
  failing: { status: 503, body: { error: { message: 'The server is overloaded.' } } },
  proxy: {
    status: 403,
    headers: { 'content-type': 'text/html' },
    body: '<!doctype html><html><head><title>403 Forbidden</title></head><body>Access denied</body></html>',
  },
};

/** `undefined` where the provider has no such answer. */
export function answerOf(provider: Tested, mode: Mode, key: string): Answer | undefined {
  const own: Answers = ANSWERS[provider];
  if (mode === 'refused') return own.refused(key);
  return (mode === 'noCredit' || mode === 'restricted' || mode === 'limited' ? own[mode] : undefined) ?? COMMON[mode];
}
