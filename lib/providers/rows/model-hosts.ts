import { asks, asksWithControl } from '../check.js';
import type { ProviderRow } from '../provider-row.js';
import { bareList, facts, listIn, openRouterKey, texts, whoAmI } from '../shapes.js';
import { INVALID, LIMITED, NO_CREDIT, RESTRICTED, UNREADABLE } from '../verdicts.js';
import { isObject } from '../words.js';

const BEARER = { authorization: 'Bearer {key}' };

// As of 2026-11. Sources: openrouter.ai's reference of get-current-key; tinyhumansai/openhuman#2372 (its list of models
// answers to any key); charmbracelet/crush#997.
export const openrouter: ProviderRow = {
  name: 'OpenRouter',
  docsUrl: 'https://openrouter.ai/docs/quickstart',
  keysUrl: 'https://openrouter.ai/settings/keys',
  placeholder: 'sk-or-v1-…',
  keyPrefix: ['sk-or-v1-', 'sk-or-'],
  hosts: ['openrouter.ai'],
  check: asks({ base: 'https://openrouter.ai/api/v1', path: '/key', headers: BEARER, shape: openRouterKey }),
  rules: [
    { says: /key limit exceeded|insufficient credits/i, is: NO_CREDIT },
    // Also what it says of keys that have expired or are disabled.
    { status: 401, says: /user not found|no auth credentials|no cookie auth credentials/i, is: INVALID },
  ],
  signs: {
    says: /openrouter\.ai/i,
    form: (body) => hasNumberCode(body) || (isObject(body) && hasNumberCode(body.error)),
  },
};

/** Its codes are the status, as a number. */
function hasNumberCode(error: unknown): boolean {
  if (!isObject(error) || typeof error.code !== 'number' || typeof error.message !== 'string') return false;
  return /^(?:User not found\.|No (?:cookie )?auth credentials found|Key limit exceeded|Insufficient credits)/.test(
    error.message,
  );
}

// As of 2026-11. Sources: can1357/oh-my-pi#8329, titus' rule, harshitv804/LawGPT#4.
export const together: ProviderRow = {
  name: 'Together AI',
  docsUrl: 'https://docs.together.ai/docs/quickstart',
  keysUrl: 'https://api.together.xyz/settings/api-keys',
  placeholder: 'tgp_v1_…',
  keyPrefix: ['tgp_v1_'],
  hosts: ['api.together.xyz', 'api.together.ai'],
  check: asks({ base: 'https://api.together.xyz/v1', path: '/models', headers: BEARER, shape: bareList }),
  rules: [{ status: 401, code: 'invalid_api_key', is: INVALID }],
  signs: { says: /\bapi\.together\.(?:xyz|ai)/i, classes: ['TogetherError'] },
};

// As of 2026-11. Sources: docs.fireworks.ai/guides/inference-error-codes; can1357/oh-my-pi#3220 (500 for accounts without
// deployments); typeclaw/typeclaw#388.
export const fireworks: ProviderRow = {
  name: 'Fireworks AI',
  docsUrl: 'https://docs.fireworks.ai/getting-started/quickstart',
  keysUrl: 'https://app.fireworks.ai/settings/users/api-keys',
  placeholder: 'fw_…',
  keyPrefix: ['fw_', 'fpk_'],
  fields: { accountId: { label: 'Account ID', visible: true, pattern: /^[\w-]{1,128}$/ } },
  hosts: ['api.fireworks.ai'],
  check: asks({
    base: 'https://api.fireworks.ai/inference/v1',
    path: '/models',
    headers: BEARER,
    shape: listIn('data'),
  }),
  rules: [
    { says: /fire pass api keys are not authorized/i, is: RESTRICTED },
    // Suspended, or over its spending limit.
    { code: 'PRECONDITION_FAILED', is: NO_CREDIT },
    { status: 401, code: ['UNAUTHORIZED', 'invalid_api_key'], is: INVALID },
  ],
  signs: {
    says: /fireworks\.ai|\bfire pass api keys\b/i,
    form: (_, { codes, text }) => codes.has('UNAUTHORIZED') && /^The API key you provided is invalid\.$/m.test(text),
  },
};

// As of 2026-11. Sources: decolua/9router#1894, diegosouzapw/OmniRoute#4654, moeru-ai/airi#1038. It is not known whether the
// list asks for a key: hence the control. A wrong key is a page of HTML.
export const perplexity: ProviderRow = {
  name: 'Perplexity',
  docsUrl: 'https://docs.perplexity.ai',
  keysUrl: 'https://www.perplexity.ai/settings/api',
  placeholder: 'pplx-…',
  keyPrefix: ['pplx-'],
  hosts: ['api.perplexity.ai'],
  check: asksWithControl(
    { base: 'https://api.perplexity.ai', without: /\/v1$/, path: '/v1/models', headers: BEARER, shape: listIn('data') },
    'pplx-',
  ),
  rules: [{ code: 'insufficient_quota', is: NO_CREDIT }],
  statuses: { 403: UNREADABLE, 429: LIMITED },
  htmlRefusal: /401 Authorization Required/,
  signs: { says: /\bperplexity\.ai/i, classes: ['PerplexityError'] },
};

// As of 2026-11. Sources: huggingface/huggingface_hub#3368, diegosouzapw/OmniRoute#4819, trufflehog's detector. A token that
// may not call models passes here and is restricted at use.
export const huggingface: ProviderRow = {
  name: 'Hugging Face',
  docsUrl: 'https://huggingface.co/docs/hub/security-tokens',
  keysUrl: 'https://huggingface.co/settings/tokens',
  placeholder: 'hf_…',
  keyPrefix: ['hf_', 'api_org_'],
  hosts: ['huggingface.co', '*.huggingface.co'],
  check: asks({ base: 'https://huggingface.co', path: '/api/whoami-v2', headers: BEARER, shape: whoAmI }),
  rules: [
    { says: /included credits|insufficient credits/i, is: NO_CREDIT },
    { says: /sufficient permissions to call inference providers/i, is: RESTRICTED },
    { status: 401, says: /invalid credentials in authorization header|invalid username or password/i, is: INVALID },
  ],
  statuses: { 429: LIMITED },
  signs: {
    // "Invalid username or password." alone is what any sign-in says.
    says: /invalid credentials in authorization header|inference providers|\b(?:huggingface\.co|hf\.co)\b/i,
    headers: ['x-error-message'],
  },
};

// As of 2026-11. Sources: replicate.com/docs/reference/http; nango's and trufflehog's checks.
export const replicate: ProviderRow = {
  name: 'Replicate',
  docsUrl: 'https://replicate.com/docs/topics/security/api-tokens',
  keysUrl: 'https://replicate.com/account/api-tokens',
  placeholder: 'r8_…',
  keyPrefix: ['r8_'],
  hosts: ['api.replicate.com'],
  check: asks({ base: 'https://api.replicate.com/v1', path: '/account', headers: BEARER, shape: texts('username') }),
  rules: [{ status: 401, code: 'Unauthenticated', is: INVALID }],
  statuses: { 429: LIMITED },
  signs: {
    says: /\breplicate\.com\b/i,
    form: (body) => isObject(body) && body.title === 'Unauthenticated' && typeof body.detail === 'string',
  },
};

// As of 2026-11. Sources: inference-docs.cerebras.ai/support/error; decolua/9router#1124; titus' rule.
export const cerebras: ProviderRow = {
  name: 'Cerebras',
  docsUrl: 'https://inference-docs.cerebras.ai/quickstart',
  keysUrl: 'https://cloud.cerebras.ai',
  placeholder: 'csk-…',
  keyPrefix: ['csk-'],
  hosts: ['api.cerebras.ai'],
  check: asks({
    base: 'https://api.cerebras.ai',
    without: /\/v1$/,
    path: '/v1/models',
    headers: BEARER,
    shape: listIn('data'),
  }),
  rules: [{ status: 401, code: 'wrong_api_key', is: INVALID }],
  signs: { says: /\bcerebras\.ai\b/i, codes: ['wrong_api_key'], classes: ['CerebrasError'] },
};

// As of 2026-11. Sources: andrewyng/openworker#529 and openmake/openmake_llm#279 (the list of models is public), kingfisher's
// and trufflehog's check. The key is in the form, and goes to another host than at use.
export const nvidia: ProviderRow = {
  name: 'NVIDIA NIM',
  docsUrl: 'https://docs.api.nvidia.com/nim/',
  keysUrl: 'https://build.nvidia.com/settings/api-keys',
  placeholder: 'nvapi-…',
  keyPrefix: ['nvapi-'],
  hosts: ['integrate.api.nvidia.com', 'ai.api.nvidia.com', 'api.ngc.nvidia.com'],
  check: (row, site) => {
    const ownServer = site.baseUrl !== undefined && !row.hosts.includes(new URL(site.baseUrl).hostname);
    const ask = asks({
      method: 'POST',
      base: 'https://api.ngc.nvidia.com',
      path: '/v3/keys/get-caller-info',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'credentials={key}',
      shape: facts(/user|org|caller|key|type/i),
    });
    return ask(row, ownServer ? site : { hosts: site.hosts });
  },
  rules: [{ status: 403, says: /\bauthorization failed\b/i, is: INVALID }],
  statuses: { 403: UNREADABLE },
  signs: {
    says: /\bnvidia\.com\b/i,
    form: (body) => isObject(body) && body.title === 'Forbidden' && body.detail === 'Authorization failed',
  },
};

// As of 2026-11. Sources: docs.ollama.com/api/authentication; lmstudio.ai/docs/developer/core/authentication; anarlog#7391
// (what the control answers must not refuse a key). Many such servers take any key.
export const openaiCompatible: ProviderRow = {
  name: 'OpenAI-compatible server',
  docsUrl: 'https://docs.ollama.com/api/authentication',
  placeholder: 'The key of the server, or any word if it needs none',
  // A local server takes "ollama" for a key.
  keyFormat: 'text',
  // Any key: such a server may be that of another provider, whose keys would be refused here otherwise.
  keyPattern: /\S/,
  fields: {
    baseUrl: {
      label: 'Base URL',
      type: 'url',
      required: true,
      visible: true,
      placeholder: 'https://llm.example.com/v1',
    },
  },
  addressField: 'baseUrl',
  hosts: [],
  check: asksWithControl(
    { base: '{baseUrl}', path: '/models', headers: BEARER, shape: listIn('data'), anywhere: true },
    'sk-',
  ),
  rules: [],
  // Nobody knows what these say of the key at a server that nobody knows.
  statuses: { 403: UNREADABLE, 429: LIMITED },
};
