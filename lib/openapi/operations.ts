import type { JsonObject } from './open-api.interface.js';
import { LABEL, PROVIDER, REASON } from './schemas.js';

/** @internal */
export const TAG = 'API keys';

interface Operation {
  id: string;
  summary: string;
  description?: string;
  /** Whether the path names a provider. */
  provider?: true;
  /** Whether a label in the query says which key is meant. */
  label?: true;
  body?: string;
  /** Name of the schema of the answer; none: 204. */
  answer?: string;
  /** Statuses beside those of every operation. */
  errors?: readonly number[];
}

const WHICH = 'Without a label, the default key of the provider is meant.';

const OPERATIONS: Record<string, Record<string, Operation>> = {
  '/keys': {
    get: { id: 'byokListKeys', summary: 'List the keys of the caller', answer: 'ByokKeyList' },
    delete: { id: 'byokDeleteAllKeys', summary: 'Delete all keys of the caller', errors: [429] },
  },
  '/keys/{provider}': {
    put: {
      id: 'byokPutKey',
      summary: 'Store a key, or replace the one of that label as a whole',
      provider: true,
      body: 'ByokPutKey',
      answer: 'ByokSavedKey',
      errors: [409, 422, 429],
    },
    patch: {
      id: 'byokPatchKey',
      summary: 'Change a stored key',
      description: `What the body does not name stays. ${WHICH}`,
      provider: true,
      label: true,
      body: 'ByokPatchKey',
      answer: 'ByokSavedKey',
      errors: [404, 409, 422, 429],
    },
    delete: {
      id: 'byokDeleteKey',
      summary: 'Delete a key',
      description: WHICH,
      provider: true,
      label: true,
      errors: [404, 429],
    },
  },
  '/keys/{provider}/default': {
    put: {
      id: 'byokSetDefaultKey',
      summary: 'Choose the default key of a provider',
      provider: true,
      body: 'ByokDefaultKey',
      answer: 'ByokStoredKey',
      errors: [404, 429],
    },
  },
  '/keys/{provider}/check': {
    post: {
      id: 'byokCheckKey',
      summary: 'Ask the provider whether it accepts a key',
      description: `The answer is in \`lastCheck\`. ${WHICH}`,
      provider: true,
      label: true,
      answer: 'ByokStoredKey',
      errors: [404, 429],
    },
  },
};

/** Statuses that every operation can have. */
const ALWAYS = [400, 401, 403, 413, 415, 500, 503];

/** What can be wrong, by status. The codes are `BYOK_…`. */
const ERRORS: Record<number, { codes: readonly string[]; description: string }> = {
  400: { codes: ['INVALID_INPUT'], description: 'The request is malformed.' },
  401: { codes: ['USER_REQUIRED'], description: 'Nobody is signed in.' },
  403: {
    codes: ['CSRF', 'HTTPS_REQUIRED', 'REFUSED'],
    description:
      'The request may come from another site, came without TLS, or was refused by the application. Guards of the application may also answer in their own form, with 401 too.',
  },
  404: { codes: ['KEY_NOT_FOUND'], description: 'There is no such key.' },
  409: {
    codes: ['CONFLICT', 'KEY_LIMIT'],
    description: 'The key was changed meanwhile, its new label is taken, or there are too many keys.',
  },
  413: { codes: ['TOO_LARGE'], description: 'The body is larger than 48 KiB.' },
  415: { codes: ['UNSUPPORTED_MEDIA_TYPE'], description: 'The body is not JSON in UTF-8.' },
  422: {
    codes: ['INVALID_KEY'],
    description: 'The text cannot be a key of this provider, or the provider refused it (`reason`).',
  },
  429: { codes: ['TOO_MANY_REQUESTS'], description: 'Too many changes.' },
  500: { codes: ['CONFIGURATION', 'INTERNAL'], description: 'A fault of the application. Its log has the reason.' },
  503: {
    codes: ['UNAVAILABLE'],
    description: 'The database, the session store or the encryption key is unavailable. Try again.',
  },
};

const RETRY_AFTER: JsonObject = {
  'Retry-After': { description: 'Seconds.', required: true, schema: { type: 'string', pattern: '^[1-9][0-9]*$' } },
};

/**
 * All operations under a path that begins with a slash.
 *
 * @param kinds - Kinds of owners that share keys.
 * @internal
 */
export function pathsBelow(base: string, kinds: readonly string[]): Record<string, JsonObject> {
  return Object.fromEntries(
    Object.entries(OPERATIONS).map(([path, operations]) => [
      base + path,
      Object.fromEntries(Object.entries(operations).map(([method, operation]) => [method, describe(operation, kinds)])),
    ]),
  );
}

function describe(operation: Operation, kinds: readonly string[]): JsonObject {
  const { id, summary, description, body, answer, errors = [] } = operation;
  const parameters = [...parametersOf(operation), ...ownerParameter(kinds)];
  const isShared = kinds.length > 0;
  return {
    operationId: id,
    tags: [TAG],
    summary,
    ...(description !== undefined && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { required: true, content: contentOf(refTo(body)) } }),
    responses: {
      ...(answer === undefined
        ? { 204: { description: 'Done.' } }
        : { 200: { description: 'Done.', content: contentOf(answerOf(answer, isShared)) } }),
      ...Object.fromEntries(
        [...ALWAYS, ...errors].sort((a, b) => a - b).map((status) => [status, errorOf(status, isShared)]),
      ),
    },
  };
}

function parametersOf({ provider, label }: Operation): JsonObject[] {
  return [
    ...(provider ? [{ name: 'provider', in: 'path', required: true, schema: PROVIDER }] : []),
    ...(label
      ? [{ name: 'label', in: 'query', description: 'Which of the keys of the provider.', schema: LABEL }]
      : []),
  ];
}

function ownerParameter(kinds: readonly string[]): JsonObject[] {
  if (kinds.length === 0) return [];
  const description =
    'Whose keys are meant: the caller, or the owner of this kind that the application finds for the caller. Only those who manage shared keys may change them.';
  return [
    { name: 'owner', in: 'query', description, schema: { type: 'string', enum: ['user', ...kinds], default: 'user' } },
  ];
}

function answerOf(schema: string, isShared: boolean): JsonObject {
  if (!isShared || schema !== 'ByokKeyList') return refTo(schema);
  return { oneOf: [schema, 'ByokSharedKeyList', 'ByokSharedProviderList'].map(refTo) };
}

function errorOf(status: number, isShared: boolean): JsonObject {
  const { description } = ERRORS[status];
  const codes = [...ERRORS[status].codes, ...(isShared && status === 403 ? ['FORBIDDEN'] : [])];
  const schema: JsonObject = {
    allOf: [
      refTo('ByokError'),
      {
        type: 'object',
        properties: {
          statusCode: { const: status },
          code: { enum: codes.map((code) => `BYOK_${code}`) },
          ...(status === 422 && { reason: REASON }),
        },
      },
    ],
  };
  return { description, ...(status === 429 && { headers: RETRY_AFTER }), content: contentOf(schema) };
}

function refTo(schema: string): JsonObject {
  return { $ref: `#/components/schemas/${schema}` };
}

function contentOf(schema: JsonObject): JsonObject {
  return { 'application/json': { schema } };
}
