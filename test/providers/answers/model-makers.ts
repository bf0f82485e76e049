import { answer, CHALLENGE, error, list, type Cases } from './case.js';

const anthropic = (type: string, message: string) => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_011CexampleExample',
});
const google = (code: number, status: string, message: string, reason?: string) => ({
  error: {
    code,
    message,
    status,
    ...(reason
      ? {
          details: [
            {
              '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
              reason,
              domain: 'googleapis.com',
              metadata: { service: 'generativelanguage.googleapis.com' },
            },
          ],
        }
      : {}),
  },
});
const MISSING_SCOPES =
  "You have insufficient permissions for this operation. Missing scopes: api.model.read. Check that you have the correct role in your organization (Reader, Writer, Owner) and project (Member, Owner), and if you're using a restricted API key, that it has the necessary scopes.";
const QUOTA =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.';

export const MODEL_MAKERS: Cases = {
  openai: [
    answer('its list', 200, list, 'accepted'),
    answer(
      'a wrong key',
      401,
      error(
        'Incorrect API key provided: sk-examp*****************1f9c. You can find your API key at https://platform.openai.com/account/api-keys.',
        'invalid_api_key',
      ),
      'refused/invalid',
    ),
    answer('missing scopes as 401', 401, error(MISSING_SCOPES), 'accepted/restricted'),
    answer('missing scopes as 403', 403, error(MISSING_SCOPES, 'missing_scope'), 'accepted/restricted'),
    answer(
      'insufficient permissions',
      401,
      error('You have insufficient permissions for this operation.'),
      'accepted/restricted',
    ),
    answer(
      'an address that is not authorized',
      401,
      error('IP not authorized: 203.0.113.9', 'ip_not_authorized'),
      'unknown/not-checkable',
    ),
    answer(
      'no member of an organization',
      401,
      error(
        'You must be a member of an organization to use the API. Please contact us through our help center at https://help.openai.com.',
      ),
      'refused/invalid',
    ),
    answer(
      'a region',
      403,
      error('Country, region, or territory not supported', 'unsupported_country_region_territory', 'request_forbidden'),
      'unknown/wrong-region',
    ),
    answer('another 403', 403, error('You are not allowed to do this.'), 'accepted/restricted'),
    answer('no quota', 429, error(QUOTA, 'insufficient_quota', 'insufficient_quota'), 'accepted/no-credit'),
    answer(
      'no quota, with the new code',
      429,
      error('No balance.', 'credit_balance_exhausted', 'insufficient_quota'),
      'accepted/no-credit',
    ),
    answer(
      'billing not active',
      429,
      error(
        'Your account is not active, please check your billing details on our website.',
        'billing_not_active',
        'billing_not_active',
      ),
      'accepted/no-credit',
    ),
    answer(
      'a limit whose text names the page on billing',
      429,
      error(
        'Rate limit reached for requests in organization org-example on requests per min (RPM): Limit 3, Used 3. Visit https://platform.openai.com/account/rate-limits to learn more. You can increase your rate limit by adding a payment method to your account at https://platform.openai.com/account/billing.',
        'rate_limit_exceeded',
        'requests',
      ),
      'accepted/rate-limited',
    ),
    answer(
      'an account that was closed',
      401,
      error(
        'Your OpenAI account has been deactivated, please check your email for more information.',
        'account_deactivated',
      ),
      'refused/revoked',
    ),
    answer(
      'an organization that does not match',
      401,
      error('OpenAI-Organization header should match organization for API key', 'mismatched_organization'),
      'unknown/unreadable',
    ),
  ],
  anthropic: [
    answer('its list', 200, { data: [], has_more: false }, 'accepted'),
    answer('a wrong key', 401, anthropic('authentication_error', 'invalid x-api-key'), 'refused/invalid'),
    answer(
      'a key that is over',
      401,
      anthropic('authentication_error', 'API key is expired or revoked'),
      'refused/invalid',
    ),
    answer(
      'a permission',
      403,
      anthropic('permission_error', 'Your API key does not have permission to use the specified resource.'),
      'accepted/restricted',
    ),
    answer('a region', 403, anthropic('forbidden', 'Request not allowed'), 'unknown/wrong-region'),
    answer(
      'an organization that is closed',
      400,
      anthropic('invalid_request_error', 'This organization has been disabled.'),
      'refused/revoked',
    ),
    answer(
      'no credit',
      400,
      anthropic(
        'invalid_request_error',
        'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
      ),
      'accepted/no-credit',
    ),
    answer(
      'billing',
      402,
      anthropic('billing_error', 'There is an issue with your billing or payment information.'),
      'accepted/no-credit',
    ),
    answer(
      'a limit',
      429,
      anthropic('rate_limit_error', 'This request would exceed your rate limit.'),
      'accepted/rate-limited',
    ),
    answer(
      'a spend limit',
      429,
      anthropic(
        'rate_limit_error',
        'You have reached your specified API usage limits. Access returns when credits are added.',
      ),
      'accepted/rate-limited',
    ),
    answer('overloaded', 529, anthropic('overloaded_error', 'Overloaded'), 'unknown/unreachable'),
    answer('another bad request', 400, anthropic('invalid_request_error', 'limit: too large'), 'unknown/unreadable'),
  ],
  'google-gemini': [
    answer('its list', 200, { models: [{ name: 'models/a' }], nextPageToken: 'a' }, 'accepted'),
    answer(
      'a wrong key',
      400,
      google(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', 'API_KEY_INVALID'),
      'refused/invalid',
    ),
    answer(
      'a key that is over',
      400,
      google(400, 'INVALID_ARGUMENT', 'API key expired. Please renew the API key.', 'API_KEY_INVALID'),
      'refused/expired',
    ),
    answer(
      'no credentials',
      401,
      google(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
      'refused/invalid',
    ),
    answer(
      'a project that is not ready',
      401,
      google(
        401,
        'UNAUTHENTICATED',
        'Request had invalid authentication credentials.',
        'ACCESS_TOKEN_TYPE_UNSUPPORTED',
      ),
      'unknown/unreadable',
    ),
    answer(
      'a leaked key',
      403,
      google(403, 'PERMISSION_DENIED', 'Your API key was reported as leaked. Please use another API key.'),
      'refused/revoked',
    ),
    answer(
      'an API that is off',
      403,
      google(
        403,
        'PERMISSION_DENIED',
        'Generative Language API has not been used in project 1 before or it is disabled.',
        'SERVICE_DISABLED',
      ),
      'accepted/restricted',
    ),
    answer(
      'a referrer',
      403,
      google(403, 'PERMISSION_DENIED', 'Requests from referer <empty> are blocked.', 'API_KEY_HTTP_REFERRER_BLOCKED'),
      'accepted/restricted',
    ),
    answer(
      'a permission',
      403,
      google(403, 'PERMISSION_DENIED', 'The caller does not have permission'),
      'accepted/restricted',
    ),
    answer(
      'a region',
      400,
      google(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'),
      'unknown/wrong-region',
    ),
    answer(
      'a front end that refuses',
      403,
      '<!DOCTYPE html><html lang=en><title>Error 403 (Forbidden)!!1</title></html>',
      'unknown/unreadable',
    ),
    answer(
      'a limit',
      429,
      google(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota, please check your plan and billing details.'),
      'accepted/rate-limited',
    ),
    answer(
      'another bad request',
      400,
      google(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'),
      'unknown/unreadable',
    ),
  ],
  mistral: [
    answer('its list', 200, list, 'accepted'),
    answer('a wrong key', 401, { detail: 'Unauthorized' }, 'refused/invalid'),
    answer(
      'a wrong key, in the other form',
      401,
      { message: 'Unauthorized', request_id: '0123456789abcdef' },
      'refused/invalid',
    ),
    answer('no credit', 402, { message: 'Payment required' }, 'accepted/no-credit'),
    answer('a permission', 403, { message: 'Forbidden' }, 'accepted/restricted'),
    answer(
      'a limit',
      429,
      { object: 'error', message: 'Rate limit exceeded', type: 'rate_limited', code: '1300' },
      'accepted/rate-limited',
    ),
  ],
  cohere: [
    answer('a valid key', 200, { valid: true, organization_id: 'a', owner_id: 'b' }, 'accepted'),
    answer('an invalid key', 200, { valid: false }, 'refused/invalid'),
    answer('a wrong key', 401, { id: 'a', message: 'invalid api token' }, 'refused/invalid'),
    answer('no credit', 402, { message: 'Please add or update your payment method' }, 'accepted/no-credit'),
    answer(
      'a trial that is over its limit',
      429,
      { message: 'You are using a Trial key, which is limited to 10 API calls / minute.' },
      'accepted/rate-limited',
    ),
    answer('a flag that is none', 200, { valid: 'true' }, 'unknown/unreadable'),
  ],
  groq: [
    answer('its list', 200, list, 'accepted'),
    answer(
      'a wrong key',
      401,
      { error: { message: 'Invalid API Key', type: 'invalid_request_error', code: 'invalid_api_key' } },
      'refused/invalid',
    ),
    answer('a permission', 403, { error: { message: 'Forbidden' } }, 'accepted/restricted'),
    answer('a network that its front end refuses', 403, CHALLENGE, 'unknown/unreadable'),
    answer(
      'a limit',
      429,
      error(
        'Rate limit reached for organization org_example. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing',
        'rate_limit_exceeded',
        'tokens',
      ),
      'accepted/rate-limited',
    ),
    answer(
      'a limit that credits raise',
      429,
      error('Rate limit reached. Buy credits to raise it.'),
      'accepted/rate-limited',
    ),
    answer(
      'a region',
      403,
      error('This API is not served in your country, region, or territory.'),
      'unknown/wrong-region',
    ),
  ],
  deepseek: [
    answer(
      'a balance',
      200,
      { is_available: true, balance_infos: [{ currency: 'USD', total_balance: '1.00' }] },
      'accepted',
    ),
    answer('no balance', 200, { is_available: false, balance_infos: [] }, 'accepted/no-credit'),
    answer(
      'a wrong key',
      401,
      error('Authentication Fails, Your api key: ****1f9c is invalid', 'invalid_request_error', 'authentication_error'),
      'refused/invalid',
    ),
    answer(
      'a wrong key, of another type',
      401,
      error('Authentication Fails (no such user)', 'invalid_request_error', 'unknown_error'),
      'refused/invalid',
    ),
    answer(
      'no balance at use',
      402,
      error('Insufficient Balance', 'invalid_request_error', 'unknown_error'),
      'accepted/no-credit',
    ),
    answer('a limit', 429, error('Rate limit reached'), 'accepted/rate-limited'),
    answer('busy', 503, error('Service is too busy'), 'unknown/unreachable'),
  ],
};
