import { asks } from '../check.js';
import type { ProviderRow } from '../provider-row.js';
import { facts, listIn, texts, value } from '../shapes.js';
import { EXPIRED, INVALID, LIMITED, NO_CREDIT, RATE_LIMITED, RESTRICTED, UNREADABLE } from '../verdicts.js';
import { isObject } from '../words.js';

const BEARER = { authorization: 'Bearer {key}' };

// As of 2026-11. Sources: elevenlabs.io/docs/api-reference/authentication; danielmiessler/LifeOS#667 (bodies);
// TypeWhisper/typewhisper-mac#1113. A 401 has three meanings.
export const elevenlabs: ProviderRow = {
  name: 'ElevenLabs',
  docsUrl: 'https://elevenlabs.io/docs/api-reference/authentication',
  keysUrl: 'https://elevenlabs.io/app/settings/api-keys',
  placeholder: 'sk_…',
  keyPrefix: ['sk_'],
  hosts: ['api.elevenlabs.io', '*.elevenlabs.io'],
  check: asks({
    base: 'https://api.elevenlabs.io',
    without: /\/v1$/,
    path: '/v1/user',
    headers: { 'xi-api-key': '{key}' },
    shape: texts('user_id'),
  }),
  rules: [
    { code: 'missing_permissions', is: RESTRICTED },
    { code: 'quota_exceeded', is: NO_CREDIT },
    { status: 401, code: 'invalid_api_key', is: INVALID },
  ],
  // A code that is not known here may mean anything.
  statuses: { 401: UNREADABLE },
  signs: {
    says: /\belevenlabs\.io\b/i,
    classes: ['ElevenLabsError'],
    form: (body) => {
      const detail = isObject(body) ? body.detail : undefined;
      return isObject(detail) && typeof detail.status === 'string' && typeof detail.message === 'string';
    },
  },
};

// As of 2026-11. Sources: developers.deepgram.com/docs/authenticating (names this request as the test of a key), /docs/errors.
export const deepgram: ProviderRow = {
  name: 'Deepgram',
  docsUrl: 'https://developers.deepgram.com/docs/authenticating',
  keysUrl: 'https://console.deepgram.com',
  hosts: ['api.deepgram.com', '*.deepgram.com'],
  check: asks({
    base: 'https://api.deepgram.com',
    without: /\/v1$/,
    path: '/v1/auth/token',
    headers: { authorization: 'Token {key}' },
    shape: facts(/^(?:api_key_id|scopes|created|accessor)$/),
  }),
  rules: [
    { code: 'ASR_PAYMENT_REQUIRED', is: NO_CREDIT },
    { code: 'INSUFFICIENT_PERMISSIONS', is: RESTRICTED },
    { code: 'INVALID_AUTH', is: INVALID },
    { status: 400, says: /^invalid credentials\.?$/im, is: INVALID },
  ],
  signs: {
    classes: ['DeepgramError'],
    form: (body) => isObject(body) && typeof body.err_code === 'string' && typeof body.err_msg === 'string',
  },
};

// As of 2026-11. Sources: mongodb.com/docs/voyageai; titus' rule; n8n's credentials. Little is documented: a 403 may mean a key
// of another host (MongoDB Atlas).
export const voyage: ProviderRow = {
  name: 'Voyage AI',
  docsUrl: 'https://www.mongodb.com/docs/voyageai/api-reference/overview',
  keysUrl: 'https://dashboard.voyageai.com',
  placeholder: 'pa-…',
  keyPrefix: ['pa-', 'al-'],
  hosts: ['api.voyageai.com'],
  check: asks({ base: 'https://api.voyageai.com/v1', path: '/files', headers: BEARER, shape: listIn('data') }),
  rules: [],
  statuses: { 403: UNREADABLE },
  signs: { says: /\bvoyageai\.com\b|provided api key is invalid/i, classes: ['VoyageAIError'] },
};

// As of 2026-11. Sources: docs.pinecone.io/guides/production/security-overview; the comments of trufflehog's detector.
export const pinecone: ProviderRow = {
  name: 'Pinecone',
  docsUrl: 'https://docs.pinecone.io/guides/projects/manage-api-keys',
  keysUrl: 'https://app.pinecone.io/organizations/-/projects/-/keys',
  placeholder: 'pcsk_…',
  keyPrefix: ['pcsk_'],
  hosts: ['api.pinecone.io', '*.pinecone.io'],
  check: asks({
    base: 'https://api.pinecone.io',
    path: '/indexes',
    headers: { 'api-key': '{key}', 'x-pinecone-api-version': '2025-10' },
    shape: listIn('indexes'),
  }),
  rules: [
    { status: 401, header: ['x-pinecone-auth-rejected-reason', /unknown operation/i], is: UNREADABLE },
    { status: 401, is: INVALID },
  ],
  // A 403 can be a limit on indexes.
  onlyRules: true,
  signs: {
    says: /\bpinecone\.io\b/i,
    headers: ['x-pinecone-auth-rejected-reason', 'x-pinecone-api-version'],
    classes: ['BasePineconeError'],
  },
};

// As of 2026-11. Sources: docs.github.com/rest; actions/create-github-app-token#258; github/gh-aw#35016 (new tokens have dots).
export const github: ProviderRow = {
  name: 'GitHub',
  docsUrl: 'https://docs.github.com/rest/authentication/authenticating-to-the-rest-api',
  keysUrl: 'https://github.com/settings/tokens',
  placeholder: 'github_pat_…',
  keyPrefix: ['github_pat_', 'ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
  hosts: ['api.github.com', 'models.github.ai'],
  check: asks({
    base: 'https://api.github.com',
    path: '/user',
    headers: { ...BEARER, 'x-github-api-version': '2022-11-28' },
    shape: texts('login'),
  }),
  rules: [
    { status: 401, says: /bad credentials/i, is: INVALID },
    { status: 403, says: /maximum number of login attempts/i, is: UNREADABLE },
    { status: 403, header: ['x-ratelimit-remaining', /^0$/], is: RATE_LIMITED },
    { status: 403, says: /rate limit/i, is: RATE_LIMITED },
    { status: 403, says: /resource not accessible by/i, is: RESTRICTED },
  ],
  // A 403 can be about the repository.
  onlyRules: true,
  signs: { says: /\bdocs\.github\.com\b/i, headers: ['x-github-request-id'] },
};

// As of 2026-11. Sources: docs.stripe.com/keys and /keys/restricted-api-keys; trufflehog's detector. A restricted key is what
// Stripe recommends, and 403 its normal answer.
export const stripe: ProviderRow = {
  name: 'Stripe',
  docsUrl: 'https://docs.stripe.com/keys',
  keysUrl: 'https://dashboard.stripe.com/apikeys',
  placeholder: 'rk_live_…',
  keyPrefix: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'sk_org_'],
  hosts: ['api.stripe.com', 'files.stripe.com'],
  check: asks({
    base: 'https://api.stripe.com',
    without: /\/v1$/,
    path: '/v1/balance',
    headers: BEARER,
    shape: value('object', 'balance'),
  }),
  rules: [
    { code: 'api_key_expired', is: EXPIRED },
    { status: 401, code: 'invalid_request_error', is: INVALID },
    // Its text may speak of the balance that was asked for.
    { status: 403, says: /required permissions|permission/i, is: RESTRICTED },
  ],
  statuses: { 429: LIMITED },
  // A 402 is a payment that failed.
  onlyRules: true,
  signs: {
    says: /\bstripe\.com\b|api key provided: [sr]k_|the provided key '[sr]k_/i,
    headers: ['stripe-version'],
    classes: ['StripeError'],
  },
};

// As of 2026-11. Sources: twilio.com/docs/sendgrid (scopes); trufflehog's detector (403 is a valid key). A key of an EU
// subuser is known in its region only.
export const sendgrid: ProviderRow = {
  name: 'SendGrid',
  docsUrl: 'https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys',
  keysUrl: 'https://app.sendgrid.com/settings/api_keys',
  placeholder: 'SG.…',
  keyPrefix: ['SG.'],
  fields: {
    region: {
      label: 'Region, if it is the EU',
      visible: true,
      inAddress: true,
      pattern: /^eu$/,
      placeholder: 'eu',
    },
  },
  hosts: ['api.sendgrid.com', 'api.eu.sendgrid.com'],
  check: (row, site) => {
    const ask = (host: string) =>
      asks({ base: `https://${host}`, path: '/v3/scopes', headers: BEARER, shape: listIn('scopes') })(row, site);
    const [global, european] = [ask('api.sendgrid.com'), ask('api.eu.sendgrid.com')];
    return (key) => (key.fields.region?.trim() === 'eu' ? european : global)(key);
  },
  rules: [
    { says: /maximum credits exceeded/i, is: NO_CREDIT },
    { status: 401, says: /authorization grant is invalid/i, is: INVALID },
    { status: 403, says: /access forbidden/i, is: RESTRICTED },
  ],
  // A 403 can be about the sender's address.
  onlyRules: true,
  signs: { says: /authorization grant is invalid, expired, or revoked|\bsendgrid\.com\b/i },
};
