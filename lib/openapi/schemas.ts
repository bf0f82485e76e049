import type { JsonObject } from './open-api.interface.js';

const TEXTS: JsonObject = { type: 'object', additionalProperties: { type: 'string' } };
const MOMENT: JsonObject = { type: 'string', format: 'date-time' };
const MOMENT_OR_NULL: JsonObject = { type: ['string', 'null'], format: 'date-time' };

/** @internal */
export const LABEL: JsonObject = { type: 'string', minLength: 1, maxLength: 64 };
/** @internal */
export const PROVIDER: JsonObject = { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' };

/** Why a provider accepts a key only in part, refuses it, or gave no definite answer. @internal */
export const REASON: JsonObject = {
  type: 'string',
  enum: [
    ...['invalid', 'revoked', 'expired', 'restricted', 'no-credit', 'rate-limited'],
    ...['wrong-region', 'unreachable', 'unreadable', 'not-checkable'],
  ],
};

const STORED_KEY: Record<string, JsonObject> = {
  provider: PROVIDER,
  label: LABEL,
  isDefault: { type: 'boolean', description: 'Whether this key is used if no label is named.' },
  hint: { type: 'string', description: 'The last characters of the key, after an ellipsis.' },
  fingerprint: {
    type: 'string',
    pattern: '^[0-9a-f]{32}$',
    description: 'Equal for equal keys of one provider.',
  },
  fieldNames: { type: 'array', items: { type: 'string' }, description: 'Names of the extra fields.' },
  visibleFields: { ...TEXTS, description: 'Values of the extra fields that may be shown.' },
  createdAt: MOMENT,
  updatedAt: { ...MOMENT, description: 'When the key or one of its fields last changed.' },
  expiresAt: { ...MOMENT_OR_NULL, description: '`null`: never.' },
  lastUsedAt: MOMENT_OR_NULL,
  source: { type: 'string', enum: ['session', 'database'] },
  lastCheck: {
    description: 'The last word of the provider about this key; `null`: there is none.',
    anyOf: [{ $ref: '#/components/schemas/ByokLastCheck' }, { type: 'null' }],
  },
  notice: {
    type: 'string',
    enum: ['expiring', 'unused'],
    description: 'Present if the key expires soon or was not used for long.',
  },
  status: {
    type: 'string',
    enum: ['active', 'expired', 'unreadable'],
    description: '`unreadable`: it can be replaced or deleted, but not used.',
  },
};

/** Properties of answers that may be missing. */
const OPTIONAL = ['notice'];

const EXPIRY: Record<string, JsonObject> = {
  ttlSeconds: {
    type: 'integer',
    minimum: 1,
    description: 'Seconds until the key expires. Not together with `expiresAt`.',
  },
  expiresAt: { ...MOMENT_OR_NULL, description: 'With a time zone.' },
};

const API_KEY: JsonObject = { type: 'string', minLength: 1, description: 'The key as the provider shows it.' };

/** @internal */
export const SCHEMAS: Record<string, JsonObject> = {
  ByokStoredKey: answer('A stored key, without the key itself.', STORED_KEY),
  ByokSavedKey: answer('A key that was just stored.', {
    ...STORED_KEY,
    warnings: {
      type: 'array',
      items: { type: 'string', enum: ['prefix', 'not-checked'] },
      description:
        '`prefix`: the key begins in another way than the keys of the provider do. `not-checked`: the provider gave no definite answer.',
    },
  }),
  ByokLastCheck: answer('What the provider said of a key.', {
    outcome: { type: 'string', enum: ['accepted', 'refused', 'unknown'] },
    reason: { anyOf: [REASON, { type: 'null' }] },
    at: MOMENT,
    by: { type: 'string', enum: ['check', 'use'], description: 'Whether the key was checked, or used.' },
  }),
  ByokKeyList: answer('All keys of the caller, by provider and label.', {
    keys: { type: 'array', items: { $ref: '#/components/schemas/ByokStoredKey' } },
  }),
  ByokPutKey: request(
    {
      apiKey: API_KEY,
      label: { ...LABEL, default: 'default' },
      ...EXPIRY,
      fields: { ...TEXTS, description: 'Extra values that the configuration of the provider names.' },
    },
    ['apiKey'],
  ),
  ByokPatchKey: request({
    apiKey: API_KEY,
    label: { ...LABEL, description: 'A new label.' },
    ...EXPIRY,
    fields: {
      type: 'object',
      additionalProperties: { type: ['string', 'null'] },
      description: 'Extra values to set; `null` removes one.',
    },
  }),
  ByokDefaultKey: request({ label: { ...LABEL, description: 'Label of the key.' } }, ['label']),
  ByokError: answer('Every error of this API.', {
    statusCode: { type: 'integer' },
    code: { type: 'string', description: 'Stable, for programs.' },
    message: { type: 'string', description: 'For people. It never quotes a key.' },
  }),
};

/** Later versions may add properties. */
const SHARED: Record<string, JsonObject> = {
  owner: {
    ...answer('Whose keys they are.', {
      kind: { type: 'string' },
      name: { type: 'string', description: 'For people.' },
    }),
  },
};

/** Answers about keys that are shared with the caller. @internal */
export const SHARED_SCHEMAS: Record<string, JsonObject> = {
  ByokSharedKeyList: answer('Shared keys, for a caller who manages them.', {
    ...SHARED,
    canManage: { const: true },
    keys: { type: 'array', items: { $ref: '#/components/schemas/ByokStoredKey' } },
  }),
  ByokSharedProviderList: answer('The providers that there are shared keys for, for a caller who may use them.', {
    ...SHARED,
    canManage: { const: false },
    keys: { type: 'array', items: answer('A provider.', { provider: PROVIDER }) },
  }),
};

function answer(description: string, properties: Record<string, JsonObject>): JsonObject {
  return {
    type: 'object',
    description,
    properties,
    required: Object.keys(properties).filter((name) => !OPTIONAL.includes(name)),
  };
}

function request(properties: Record<string, JsonObject>, required: string[] = []): JsonObject {
  return { type: 'object', properties, ...(required.length > 0 && { required }), additionalProperties: false };
}
