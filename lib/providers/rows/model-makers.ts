import { asks } from '../check.js';
import type { ProviderRow } from '../provider-row.js';
import { balanceFlag, listIn, validFlag, xAiKey } from '../shapes.js';
import {
  EXPIRED,
  INVALID,
  NOT_CHECKABLE,
  NO_CREDIT,
  RATE_LIMITED,
  RESTRICTED,
  REVOKED,
  UNREADABLE,
  WRONG_PLACE,
} from '../verdicts.js';
import { isObject } from '../words.js';

const BEARER = { authorization: 'Bearer {key}' };

// As of 2026-11. Sources: developers.openai.com/docs/guides/error-codes; help.openai.com article 8867743;
// microsoft/PowerToys#32989 (missing scopes as 401); trufflehog's detector.
export const openai: ProviderRow = {
  name: 'OpenAI',
  docsUrl: 'https://developers.openai.com/api/docs/quickstart',
  keysUrl: 'https://platform.openai.com/api-keys',
  placeholder: 'sk-proj-…',
  keyPrefix: ['sk-proj-', 'sk-svcacct-', 'sk-None-', 'sk-admin-', 'sk-'],
  fields: {
    organization: { label: 'Organization', visible: true, placeholder: 'org-…', pattern: /^[\w-]{1,128}$/ },
    project: { label: 'Project', visible: true, placeholder: 'proj_…', pattern: /^[\w-]{1,128}$/ },
  },
  hosts: ['api.openai.com', '*.api.openai.com'],
  check: asks({
    base: 'https://api.openai.com/v1',
    path: '/models',
    headers: { ...BEARER, 'openai-organization': '{organization}', 'openai-project': '{project}' },
    shape: listIn('data'),
  }),
  rules: [
    {
      code: ['insufficient_quota', 'credit_balance_exhausted', 'billing_hard_limit_reached', 'billing_not_active'],
      is: NO_CREDIT,
    },
    { says: /missing scopes|insufficient permissions/i, is: RESTRICTED },
    { says: /ip (?:address )?(?:is )?not authorized/i, is: NOT_CHECKABLE },
    { code: 'unsupported_country_region_territory', is: WRONG_PLACE },
    // The key is known, but not in the organization or project that the fields name.
    { code: ['mismatched_organization', 'mismatched_project'], is: UNREADABLE },
    { code: 'account_deactivated', is: REVOKED },
    { status: 401, code: 'invalid_api_key', is: INVALID },
    { status: 401, says: /must be a member of an organization/i, is: INVALID },
  ],
  // Azure, Groq, Together and others answer in the same form: only what names OpenAI counts.
  signs: {
    says: /platform\.openai\.com|missing scopes: [a-z]+\.|must be a member of an organization to use the api|your openai account/i,
    codes: ['unsupported_country_region_territory', 'billing_not_active', 'credit_balance_exhausted'],
  },
};

// As of 2026-11. Sources: platform.claude.com/docs/api/errors and /docs/en/get-api-key; anthropics/claude-code#72457.
export const anthropic: ProviderRow = {
  name: 'Anthropic',
  docsUrl: 'https://platform.claude.com/docs/en/get-api-key',
  keysUrl: 'https://platform.claude.com/settings/keys',
  placeholder: 'sk-ant-…',
  keyPrefix: ['sk-ant-'],
  hosts: ['api.anthropic.com'],
  check: asks({
    base: 'https://api.anthropic.com',
    without: /\/v1$/,
    path: '/v1/models?limit=1',
    headers: { 'x-api-key': '{key}', 'anthropic-version': '2023-06-01' },
    shape: listIn('data'),
  }),
  rules: [
    // Both are 400 invalid_request_error: only the message tells them apart.
    { says: /organization has been disabled/i, is: REVOKED },
    { says: /credit balance is too low/i, is: NO_CREDIT },
    { code: 'billing_error', is: NO_CREDIT },
    { says: /request not allowed/i, is: WRONG_PLACE },
    { status: 401, code: 'authentication_error', is: INVALID },
    { status: 403, code: 'permission_error', is: RESTRICTED },
    // Also the spend limit of a tier.
    { status: 429, code: 'rate_limit_error', is: RATE_LIMITED },
  ],
  signs: {
    says: /\bx-api-key\b|access the anthropic api|console\.anthropic\.com|platform\.claude\.com/i,
    headers: ['anthropic-organization-id'],
    form: (body) =>
      isObject(body) && body.type === 'error' && isObject(body.error) && /^req_/.test(String(body.request_id)),
  },
};

// As of 2026-11. Sources: ai.google.dev/gemini-api/docs/api-key; discuss.ai.google.dev 171575, 172705, 173800;
// tashfeenahmed/freellmapi#285 (a measured table of answers).
export const gemini: ProviderRow = {
  name: 'Google Gemini',
  docsUrl: 'https://ai.google.dev/gemini-api/docs/api-key',
  keysUrl: 'https://aistudio.google.com/apikey',
  placeholder: 'AQ.…',
  // AIza was all there was until mid-2026; AI Studio has made only AQ. since.
  keyPrefix: ['AQ.', 'AIza'],
  hosts: ['generativelanguage.googleapis.com'],
  check: asks({
    base: 'https://generativelanguage.googleapis.com',
    without: /\/v1(?:beta)?$/,
    path: '/v1beta/models?pageSize=1',
    headers: { 'x-goog-api-key': '{key}' },
    shape: listIn('models'),
  }),
  rules: [
    { says: /reported as leaked/i, is: REVOKED },
    { says: /api key (?:has )?expired/i, is: EXPIRED },
    { code: 'API_KEY_INVALID', is: INVALID },
    { says: /user location is not supported/i, is: WRONG_PLACE },
    {
      code: [
        'SERVICE_DISABLED',
        'API_KEY_SERVICE_BLOCKED',
        'API_KEY_HTTP_REFERRER_BLOCKED',
        'API_KEY_IP_ADDRESS_BLOCKED',
      ],
      is: RESTRICTED,
    },
    // The project may not be ready for the new kind of keys yet.
    { code: 'ACCESS_TOKEN_TYPE_UNSUPPORTED', is: UNREADABLE },
    { status: 401, code: 'UNAUTHENTICATED', is: INVALID },
    { status: 403, code: 'PERMISSION_DENIED', is: RESTRICTED },
    // The text of a limit speaks of the plan and its billing.
    { status: 429, code: 'RESOURCE_EXHAUSTED', is: RATE_LIMITED },
  ],
  signs: {
    says: /generativelanguage\.googleapis\.com|aistudio\.google\.com|your api key was reported as leaked/i,
    form: (_, { codes, text }) =>
      codes.has('API_KEY_INVALID') && !/\b\w+\.googleapis\.com/.test(text.replace(/type\.googleapis\.com/g, '')),
  },
};

// As of 2026-11. Sources: nextcloud/integration_openai#332, Kilo-Org/kilocode#8471, titus' rule. A key of Codestral is
// another one: it is refused here.
export const mistral: ProviderRow = {
  name: 'Mistral AI',
  docsUrl: 'https://docs.mistral.ai/api/',
  keysUrl: 'https://console.mistral.ai/api-keys',
  hosts: ['api.mistral.ai'],
  check: asks({
    base: 'https://api.mistral.ai',
    without: /\/v1$/,
    path: '/v1/models',
    headers: BEARER,
    shape: listIn('data'),
  }),
  rules: [],
  signs: { says: /mistral\.ai\b/i, headers: ['mistral-correlation-id'], classes: ['MistralError', 'SDKError'] },
};

// As of 2026-11. Sources: docs.cohere.com/reference/check-api-key. It is a POST, and its 200 can mean no.
export const cohere: ProviderRow = {
  name: 'Cohere',
  docsUrl: 'https://docs.cohere.com/reference/check-api-key',
  keysUrl: 'https://dashboard.cohere.com/api-keys',
  hosts: ['api.cohere.com', 'api.cohere.ai'],
  check: asks({
    method: 'POST',
    base: 'https://api.cohere.com',
    without: /\/v[12]$/,
    path: '/v1/check-api-key',
    headers: { ...BEARER, 'content-type': 'application/json' },
    body: '{}',
    shape: validFlag,
  }),
  rules: [{ status: 401, says: /invalid api token/i, is: INVALID }],
  signs: { says: /invalid api token|cohere\.(?:com|ai)\b/i, classes: ['CohereError'] },
};

// As of 2026-11. Sources: console.groq.com/docs/errors; lobehub/lobehub#2143 (the page of its front end as 403).
export const groq: ProviderRow = {
  name: 'Groq',
  docsUrl: 'https://console.groq.com/docs/quickstart',
  keysUrl: 'https://console.groq.com/keys',
  placeholder: 'gsk_…',
  keyPrefix: ['gsk_'],
  hosts: ['api.groq.com'],
  check: asks({
    base: 'https://api.groq.com',
    without: /\/openai(?:\/v1)?$/,
    path: '/openai/v1/models',
    headers: BEARER,
    shape: listIn('data'),
  }),
  rules: [{ status: 401, code: 'invalid_api_key', is: INVALID }],
  signs: {
    says: /console\.groq\.com/i,
    headers: ['x-groq-region'],
    classes: ['GroqError'],
    // The whole message: others add where a key is to be had.
    form: (_, { codes, text }) => codes.has('invalid_api_key') && /^Invalid API Key$/m.test(text),
  },
};

// As of 2026-11. Sources: api-docs.deepseek.com/quick_start/error_codes; trufflehog's detector.
export const deepseek: ProviderRow = {
  name: 'DeepSeek',
  docsUrl: 'https://api-docs.deepseek.com/',
  keysUrl: 'https://platform.deepseek.com/api_keys',
  placeholder: 'sk-…',
  keyPrefix: ['sk-'],
  hosts: ['api.deepseek.com'],
  check: asks({
    base: 'https://api.deepseek.com',
    without: /\/(?:v1|beta|anthropic)$/,
    path: '/user/balance',
    headers: BEARER,
    shape: balanceFlag,
  }),
  rules: [
    { status: 402, says: /insufficient balance/i, is: NO_CREDIT },
    { status: 401, says: /authentication fails/i, is: INVALID },
  ],
  signs: { says: /authentication fails|insufficient balance|deepseek\.com/i },
};

// As of 2026-11. Sources: xAI's OpenAPI document; continuedev/continue#10778 and #12670. A wrong key is a 400, and a 200
// can mean a blocked one.
export const xai: ProviderRow = {
  name: 'xAI',
  docsUrl: 'https://docs.x.ai/docs/tutorial',
  keysUrl: 'https://console.x.ai',
  placeholder: 'xai-…',
  keyPrefix: ['xai-'],
  hosts: ['api.x.ai', '*.api.x.ai'],
  check: asks({ base: 'https://api.x.ai/v1', path: '/api-key', headers: BEARER, shape: xAiKey }),
  rules: [
    { says: /doesn't have any credits|used all available credits|monthly spending limit/i, is: NO_CREDIT },
    { says: /incorrect api key provided/i, is: INVALID },
  ],
  signs: { says: /console\.x\.ai|used all available credits or reached/i },
};
