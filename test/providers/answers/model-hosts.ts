import { answer, CHALLENGE, error, list, OPENRESTY, type Cases } from './case.js';

const router = (code: number, message: string) => ({ error: { message, code } });
const key = (facts: object) => ({ data: { label: 'sk-or-v1-exa...f9c', limit: null, usage: 0, ...facts } });

/** Of providers that are asked once. Those with a control are in control.spec.ts. */
export const MODEL_HOSTS: Cases = {
  xai: [
    answer(
      'an active key',
      200,
      {
        redacted_api_key: 'xai-...f9c',
        acls: ['api-key:model:*'],
        api_key_blocked: false,
        api_key_disabled: false,
        team_blocked: false,
      },
      'accepted',
    ),
    answer(
      'a blocked key',
      200,
      { api_key_blocked: true, api_key_disabled: false, team_blocked: false },
      'refused/revoked',
    ),
    answer(
      'a disabled key',
      200,
      { api_key_blocked: false, api_key_disabled: true, team_blocked: false },
      'refused/revoked',
    ),
    answer(
      'a blocked team',
      200,
      { api_key_blocked: false, api_key_disabled: false, team_blocked: true },
      'refused/revoked',
    ),
    answer(
      'a wrong key',
      400,
      {
        code: 'Client specified an invalid argument',
        error: 'Incorrect API key provided: ex***9c. You can obtain an API key from https://console.x.ai.',
      },
      'refused/invalid',
    ),
    answer('no key', 401, { code: 'unauthenticated', error: 'Unauthorized' }, 'refused/invalid'),
    answer(
      'no credit',
      403,
      {
        code: 'The caller does not have permission to execute the specified operation',
        error:
          "Your newly created team doesn't have any credits or licenses yet. You can purchase those on https://console.x.ai/team/a.",
      },
      'accepted/no-credit',
    ),
    answer(
      'credit that is used up',
      429,
      {
        code: 'Some resource has been exhausted',
        error: 'Your team a has either used all available credits or reached its monthly spending limit.',
      },
      'accepted/no-credit',
    ),
    answer(
      'a permission',
      403,
      { code: 'forbidden', error: 'The API key does not have permission' },
      'accepted/restricted',
    ),
    answer('one flag that is missing', 200, { api_key_blocked: false, api_key_disabled: false }, 'unknown/unreadable'),
  ],
  openrouter: [
    answer('a key', 200, key({ limit_remaining: null }), 'accepted'),
    answer('a key with a limit', 200, key({ limit_remaining: 0.5 }), 'accepted'),
    answer('a key that has used its limit', 200, key({ limit_remaining: 0 }), 'accepted/no-credit'),
    answer('a key that is over its limit', 200, key({ limit_remaining: -0.01 }), 'accepted/no-credit'),
    answer('a management key', 200, key({ is_management_key: true }), 'accepted/restricted'),
    answer('a provisioning key', 200, key({ is_provisioning_key: true }), 'accepted/restricted'),
    answer('a wrong key', 401, router(401, 'User not found.'), 'refused/invalid'),
    answer('no key', 401, router(401, 'No auth credentials found'), 'refused/invalid'),
    answer(
      'no credit',
      402,
      router(402, 'Insufficient credits. Add more using https://openrouter.ai/settings/credits'),
      'accepted/no-credit',
    ),
    answer(
      'the limit of the key',
      403,
      router(403, 'Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys'),
      'accepted/no-credit',
    ),
    answer('a list, which it gives to anybody', 200, list, 'unknown/unreadable'),
  ],
  together: [
    answer('its list', 200, [{ id: 'a', object: 'model' }], 'accepted'),
    answer('an empty list', 200, [], 'accepted'),
    answer(
      'a wrong key',
      401,
      error(
        'Invalid API key provided. You can find your API key at https://api.together.xyz/settings/api-keys.',
        'invalid_api_key',
      ),
      'refused/invalid',
    ),
    answer(
      'no credit',
      402,
      error('Credit limit exceeded, please navigate to https://api.together.xyz/settings/billing'),
      'accepted/no-credit',
    ),
    answer(
      'a limit',
      429,
      error('You have reached the rate limit.', null, 'model_rate_limit'),
      'accepted/rate-limited',
    ),
    answer('a list in another form', 200, list, 'unknown/unreadable'),
  ],
  fireworks: [
    answer('its list', 200, list, 'accepted'),
    answer(
      'a wrong key',
      401,
      { error: { message: 'The API key you provided is invalid.', code: 'UNAUTHORIZED', type: 'error' } },
      'refused/invalid',
    ),
    answer(
      'a Fire Pass',
      403,
      { error: { message: 'Fire Pass API keys are not authorized for this route', code: 'FORBIDDEN', type: 'error' } },
      'accepted/restricted',
    ),
    answer(
      'an account that is suspended',
      412,
      {
        error: {
          message:
            'Account a is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices. See https://fireworks.ai/account/billing',
          code: 'PRECONDITION_FAILED',
          type: 'error',
        },
      },
      'accepted/no-credit',
    ),
    answer(
      'no credit',
      402,
      { error: { message: 'Payment required', code: 'PAYMENT_REQUIRED', type: 'error' } },
      'accepted/no-credit',
    ),
    answer(
      'an account without deployments',
      500,
      { error: { message: 'Error listing deployed models', code: 'INTERNAL', type: 'error' } },
      'unknown/unreachable',
    ),
    answer(
      'a limit',
      429,
      { error: { message: 'Rate limit exceeded', code: 'RATE_LIMITED', type: 'error' } },
      'accepted/rate-limited',
    ),
  ],
  perplexity: [
    answer('a wrong key', 401, OPENRESTY, 'refused/invalid'),
    answer('another page with 401', 401, '<html><title>Sign in</title></html>', 'unknown/unreadable'),
    answer(
      'no quota',
      401,
      {
        error: {
          message: 'You exceeded your current quota, please check your plan and billing details.',
          type: 'insufficient_quota',
          code: 401,
        },
      },
      'accepted/no-credit',
    ),
    answer(
      'a wrong key, as JSON',
      401,
      {
        error: {
          message: 'Invalid API key provided. You can find your API key at https://www.perplexity.ai/settings/api.',
          type: 'invalid_api_key',
          code: 401,
        },
      },
      'refused/invalid',
    ),
    answer('an old address', 404, { detail: 'Not Found' }, 'unknown/unreadable'),
    answer('a challenge', 403, CHALLENGE, 'unknown/unreadable'),
    answer('a 403', 403, { error: { message: 'Forbidden' } }, 'unknown/unreadable'),
    answer('a limit', 429, { error: { message: 'Too many requests' } }, 'unknown/rate-limited'),
  ],
  huggingface: [
    answer(
      'a token',
      200,
      {
        type: 'user',
        name: 'example',
        auth: { type: 'access_token', accessToken: { displayName: 'a', role: 'read' } },
      },
      'accepted',
    ),
    answer('a wrong token', 401, { error: 'Invalid credentials in Authorization header' }, 'refused/invalid'),
    answer('a wrong token, in other words', 401, { error: 'Invalid username or password.' }, 'refused/invalid', {
      'x-error-message': 'Invalid username or password.',
    }),
    answer('a limit', 429, { error: 'Rate limit exceeded' }, 'unknown/rate-limited'),
    answer(
      'credits that are used up',
      402,
      {
        error: 'You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get more.',
      },
      'accepted/no-credit',
    ),
    answer(
      'a token that may not call models',
      403,
      {
        error:
          'This authentication method does not have sufficient permissions to call Inference Providers on behalf of user example',
      },
      'accepted/restricted',
    ),
    answer('a name alone', 200, { name: 'example' }, 'unknown/unreadable'),
  ],
  replicate: [
    answer('an account', 200, { type: 'user', username: 'example', name: 'Example' }, 'accepted'),
    answer(
      'a wrong token',
      401,
      { title: 'Unauthenticated', detail: 'You did not pass a valid authentication token', status: 401 },
      'refused/invalid',
    ),
    answer(
      'no credit',
      402,
      {
        title: 'Insufficient credit',
        detail:
          'You have insufficient credit to run this model. Go to https://replicate.com/account/billing#billing to purchase credit.',
        status: 402,
      },
      'accepted/no-credit',
    ),
    answer(
      'a limit',
      429,
      { title: 'Too Many Requests', detail: 'Request was throttled.', status: 429 },
      'unknown/rate-limited',
    ),
    answer('an empty name', 200, { username: '' }, 'unknown/unreadable'),
  ],
  cerebras: [
    answer('its list', 200, list, 'accepted'),
    answer(
      'a wrong key',
      401,
      { message: 'Wrong API Key', type: 'invalid_request_error', param: 'api_key', code: 'wrong_api_key' },
      'refused/invalid',
    ),
    answer('no credit', 402, { message: 'Payment required', type: 'payment_required' }, 'accepted/no-credit'),
    answer('a permission', 403, { message: 'Permission denied', type: 'permission_denied' }, 'accepted/restricted'),
    answer(
      'a limit',
      429,
      {
        message: 'Requests per minute limit exceeded - too many requests sent.',
        type: 'too_many_requests_error',
        code: 'request_quota_exceeded',
      },
      'accepted/rate-limited',
    ),
  ],
  'nvidia-nim': [
    answer('a key', 200, { type: 'PERSONAL', user: { id: 1 } }, 'accepted'),
    answer('a wrong key', 401, { requestStatus: { statusCode: 'UNAUTHORIZED' } }, 'refused/invalid'),
    answer('a 403', 403, { requestStatus: { statusCode: 'FORBIDDEN' } }, 'unknown/unreadable'),
    answer(
      'the refusal at use',
      403,
      { status: 403, title: 'Forbidden', detail: 'Authorization failed' },
      'refused/invalid',
    ),
    answer(
      'no credit',
      402,
      { status: 402, title: 'Payment Required', detail: 'Cloud credits expired' },
      'accepted/no-credit',
    ),
    answer('an error with 200', 200, { error: 'no such user', type: 'error' }, 'unknown/unreadable'),
  ],
  'openai-compatible': [
    answer('a wrong key', 401, { error: 'Unauthorized' }, 'refused/invalid'),
    answer('a wrong key, in words', 401, 'Unauthorized', 'refused/invalid'),
    answer('a page of a gateway', 401, '<html><title>401 Authorization Required</title></html>', 'unknown/unreadable'),
    answer('a 403', 403, { error: 'Forbidden' }, 'unknown/unreadable'),
    answer('a wrong address', 404, { error: 'Not Found' }, 'unknown/unreadable'),
    answer('a limit', 429, { error: 'Slow down' }, 'unknown/rate-limited'),
    answer('no credit', 402, error('Insufficient credits'), 'accepted/no-credit'),
  ],
};
