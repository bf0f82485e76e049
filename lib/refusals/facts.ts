import { isObject, read, readText } from './reading.js';

/** Characters of a body that are read: what says why a key was refused is short. */
const MAX_BODY = 65_536;
const MAX_HEADERS = 100;
const MAX_HEADER = 8_192;

/** Where clients keep the status of a response. */
const STATUS = [
  ['status'],
  ['statusCode'],
  ['$metadata', 'httpStatusCode'],
  ['response', 'status'],
  ['rawResponse', 'status'],
];
const HEADERS = [
  ['headers'],
  ['responseHeaders'],
  ['response', 'headers'],
  ['rawResponse', 'headers'],
  ['$response', 'headers'],
];
const BODIES = [['responseBody'], ['data'], ['body'], ['response', 'data'], ['response', 'body'], ['body$']];
const ADDRESSES = [['url'], ['response', 'url'], ['rawResponse', 'url']];

/** The status of a response that failed. @internal */
export function statusOf(error: unknown): number | undefined {
  for (const path of STATUS) {
    const status = read(error, ...path);
    if (typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599) return status;
  }
  return undefined;
}

/** The headers of a response, with names in lower case. @internal */
export function headersOf(error: unknown): Record<string, string> | undefined {
  for (const path of HEADERS) {
    const headers = read(error, ...path);
    if (!isObject(headers)) continue;
    const found: Record<string, string> = {};
    for (const [name, value] of entriesOf(headers)) {
      const text = Array.isArray(value) ? value.filter((each) => typeof each === 'string').join(', ') : value;
      if (typeof name === 'string' && typeof text === 'string') found[name.toLowerCase()] = text.slice(0, MAX_HEADER);
    }
    return found;
  }
  return undefined;
}

/** The body of a response: parsed if it is JSON, else its text. @internal */
export function bodyOf(error: unknown): unknown {
  try {
    return findBody(error);
  } catch {
    return undefined;
  }
}

function findBody(error: unknown): unknown {
  // The SDKs that were made from one pattern keep the body here, or only what it has under the same name.
  const inner = read(error, 'error');
  if (isObject(inner) && typeof inner !== 'function')
    return read(inner, 'error') === undefined ? { error: inner } : inner;
  if (typeof inner === 'string' && inner !== '' && statusOf(error) !== undefined) return { error: cut(inner) };
  for (const path of BODIES) {
    const body = asBody(read(error, ...path));
    if (body !== undefined) return body;
  }
  const message = readText(error, 'message');
  if (message !== undefined && /^\s{0,8}\{/.test(message)) {
    const body = parse(message);
    if (isObject(body)) return body;
  }
  // Of AWS, the exception itself is what was read from the body.
  const name = readText(error, 'name');
  return read(error, '$metadata', 'httpStatusCode') === undefined || message === undefined
    ? undefined
    : { __type: name, message: cut(message) };
}

/** Where the request went, without what may be a secret of it. @internal */
export function addressOf(error: unknown): string | undefined {
  for (const path of ADDRESSES) {
    const url = readText(error, ...path);
    const address = url === undefined ? undefined : plainAddress(url);
    if (address !== undefined) return address;
  }
  const url = readText(error, 'config', 'url');
  return url === undefined ? undefined : plainAddress(url, readText(error, 'config', 'baseURL'));
}

function plainAddress(url: string, base?: string): string | undefined {
  try {
    // As axios joins them: a path that begins with a slash does not replace that of the base.
    const isWhole = base === undefined || /^[a-z][a-z\d+.-]*:/i.test(url);
    const { origin, pathname } = new URL(isWhole ? url : `${base.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}`);
    return origin === 'null' ? undefined : origin + pathname;
  } catch {
    return undefined;
  }
}

function asBody(value: unknown): unknown {
  if (typeof value === 'string') return value === '' ? undefined : parse(value);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return asBody(decode(value));
  if (!isObject(value) || typeof value === 'function' || isStream(value)) return undefined;
  return value;
}

/** What can only be read once, or by waiting. */
function isStream(value: unknown): boolean {
  return ['getReader', 'pipe', 'on', 'text', 'then'].some((name) => typeof read(value, name) === 'function');
}

function decode(bytes: ArrayBuffer | ArrayBufferView): string {
  try {
    const view = ArrayBuffer.isView(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, MAX_BODY))
      : new Uint8Array(bytes, 0, Math.min(bytes.byteLength, MAX_BODY));
    return new TextDecoder().decode(view);
  } catch {
    return '';
  }
}

function parse(text: string): unknown {
  if (text.length > MAX_BODY) return cut(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function cut(text: string): string {
  return text.slice(0, MAX_BODY);
}

function entriesOf(headers: object): [unknown, unknown][] {
  try {
    const entries = read(headers, 'entries');
    const found = typeof entries === 'function' ? (entries.call(headers) as Iterable<[unknown, unknown]>) : undefined;
    const list: [unknown, unknown][] = [];
    for (const entry of found ?? Object.entries(headers)) {
      if (list.length >= MAX_HEADERS) break;
      list.push(entry);
    }
    return list;
  } catch {
    return [];
  }
}
