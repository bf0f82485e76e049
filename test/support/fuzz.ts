import { connect } from 'node:net';
import type { Route } from './routes.js';
import { randomFrom } from './seeds.js';

/** A key that is part of the requests and must be part of no answer. */
export const FUZZ_KEY = 'sk-fuzz-Zq8vLw3T-an-example-1f9c';

const WORDS = [
  FUZZ_KEY,
  '',
  ' ',
  'a',
  'openai',
  'azure',
  'default',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  '[object Object]',
  '0',
  '-1',
  '1e400',
  'NaN',
  '\0',
  'a\0b',
  '\ud800',
  '\u202e',
  'é',
  '鍵',
  '🔑',
  '\r\nX-Injected: 1',
  '<script>alert(1)</script>',
  `"'><img src=x onerror=y>`,
  "' OR 1=1 --",
  '${7*7}',
  '{{7*7}}',
  '../../etc/passwd',
  '..%2f..%2f',
  '%',
  '%00',
  '%ff',
  '%c0%af',
  '%u0041',
  '//evil.example',
  '/\\evil.example',
  'javascript:alert(1)',
  'https://user:pass@169.254.169.254/',
  'x'.repeat(64),
  'x'.repeat(65),
  'x'.repeat(4097),
];
const NAMES = [
  'apiKey',
  'api_key',
  'label',
  'ttlSeconds',
  'expiresAt',
  'fields',
  'provider',
  '_csrf',
  'return_to',
  'fields[note]',
  'fields[__proto__]',
  'fields[a][b]',
  '_method',
  'userId',
];
const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'get',
  'FOO',
  'QUERY',
];
const TYPES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'text/html',
  'application/xml',
  '',
  'application/json;',
  'a',
  '/',
  'application/json, text/plain',
  'APPLICATION/JSON',
  ';;;=',
  'application/json\t',
];
const CHARSETS = [
  '',
  '',
  '; charset=utf-8',
  '; charset=utf-16',
  '; charset=latin1',
  '; charset=x-none',
  '; charset=""',
  '; charset=utf-8; charset=utf-16',
];
const ENCODINGS = ['identity', 'gzip', 'deflate', 'br', 'x', 'gzip, gzip'];

/** Requests for a route with something wrong about most of them: the same ones for the same seed. */
export function* mutations(
  { method, path }: Route,
  seed: number,
  count: number,
  session: { cookie: string; token: string },
): Generator<Buffer> {
  const random = randomFrom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)];
  const chance = (p: number) => random() < p;
  const isForm = !path.startsWith('/byok/api');

  const value = (depth: number): unknown => {
    switch (depth > 3 ? below(3) : below(9)) {
      case 0:
      case 1:
        return pick(WORDS);
      case 2:
        return pick([0, -1, 60, 1.5, 1e300, 2 ** 53, true, false, null]);
      case 3:
        return Array.from({ length: below(4) }, () => value(depth + 1));
      case 4:
        return object(depth + 1);
      default:
        return pick([FUZZ_KEY, '2999-01-01T00:00:00Z', 'default', 3600]);
    }
  };
  const object = (depth: number): unknown =>
    Object.fromEntries(Array.from({ length: below(5) }, () => [chance(0.7) ? pick(NAMES) : pick(WORDS), value(depth)]));
  const good = () => ({ apiKey: FUZZ_KEY, ...(chance(0.5) && { label: pick(['default', 'a', 'b']) }) });

  const json = (): string => {
    const roll = random();
    if (roll < 0.3) return JSON.stringify(good());
    if (roll < 0.6) return JSON.stringify({ ...good(), ...(object(0) as object) });
    if (roll < 0.7) return JSON.stringify(value(0)) ?? 'null';
    if (roll < 0.75)
      return `{"apiKey":"${FUZZ_KEY}","apiKey":${JSON.stringify(pick(WORDS))},"__proto__":{"label":"x"}}`;
    if (roll < 0.8) return '['.repeat(1 + below(8_000)) + ']'.repeat(below(8_000));
    if (roll < 0.85) return '{"fields":'.repeat(1 + below(1_500)) + '1' + '}'.repeat(below(1_500));
    const whole = JSON.stringify(good());
    if (roll < 0.93) return whole.slice(0, below(whole.length));
    return whole + pick(WORDS);
  };
  const form = (): string => {
    const pairs = Array.from({ length: below(7) }, () => [pick(NAMES), pick([FUZZ_KEY, ...WORDS])]);
    if (chance(0.6)) pairs.push(['api_key', FUZZ_KEY], ['provider', pick(['openai', 'azure', ...WORDS])]);
    if (chance(0.8)) pairs.push(['_csrf', chance(0.9) ? session.token : pick(WORDS)]);
    const text = pairs
      .map(([name, each]) => (chance(0.9) ? `${encode(name)}=${encode(each)}` : `${name}=${each}`))
      .join(pick(['&', '&', '&', ';', '&&']));
    return chance(0.05) ? `${text}&${'a&'.repeat(below(3_000))}` : text;
  };

  for (let i = 0; i < count; i++) {
    const way = chance(0.85) ? method : pick(METHODS);
    const name = chance(0.6) ? pick(['openai', 'azure', 'strict']) : encodeLoosely(pick(WORDS), chance(0.8));
    let target =
      path.replace(/:\w+/, name) +
      (chance(0.3)
        ? `?${pick(['label', 'label[]', 'label[a]', '_method', '__proto__'])}=${encodeLoosely(pick(WORDS), true)}`
        : '');
    if (chance(0.03))
      target = pick([
        '*',
        '//byok',
        `${target}/..`,
        `${target}%2f`,
        `http://evil.example${target}`,
        target.toUpperCase(),
        `${target}?${'x'.repeat(below(9_000))}`,
      ]);
    let body: Buffer = Buffer.from(chance(0.85) === isForm ? form() : json());
    if (chance(0.1)) body = damaged(body, below, chance);
    const headers: string[] = ['Host: 127.0.0.1', 'Connection: close', `Cookie: ${session.cookie}`];
    if (chance(0.9)) headers.push('Sec-Fetch-Site: same-origin');
    if (chance(0.1)) headers.push(`Origin: ${pick(['https://app.example', 'null', 'https://evil.example'])}`);
    if (chance(0.5))
      headers.push(
        `Accept: ${pick(['text/html', 'application/json', '*/*', 'text/html;q=x', ','.repeat(2_000), ';;q==', 'text/html;q=1e999'])}`,
      );
    if (chance(0.9))
      headers.push(
        `Content-Type: ${chance(0.8) ? (isForm ? TYPES[1] : TYPES[0]) : pick(TYPES)}${chance(0.85) ? '' : pick(CHARSETS)}`,
      );
    if (chance(0.05)) headers.push(`Content-Encoding: ${pick(ENCODINGS)}`);
    if (chance(0.05))
      headers.push(
        `X-HTTP-Method-Override: ${pick(METHODS)}`,
        `X-Forwarded-For: ${encode(pick(WORDS))}`,
        `X-Forwarded-Proto: ${pick(['https', 'http,https', ''])}`,
      );
    if (chance(0.02)) headers.push(`X-Huge: ${'h'.repeat(below(20_000))}`);
    if (chance(0.02))
      headers.push(
        pick([
          'No colon',
          ': empty',
          'A b: c',
          'X: \u0001',
          ' folded: x',
          'Host: two',
          'Content-Length: 5',
          'Transfer-Encoding: chunked, chunked',
          'Expect: 100-continue',
          'Upgrade: h2c',
        ]),
      );
    const framing = random();
    if (framing < 0.86) headers.push(`Content-Length: ${body.length}`);
    else if (framing < 0.94) headers.push('Transfer-Encoding: chunked');
    else if (framing < 0.97) headers.push(`Content-Length: ${pick(wrongLengths(body.length))}`);
    const isChunked = framing >= 0.86 && framing < 0.94;
    const sent = isChunked ? chunked(body, below(200) + 1, chance(0.8)) : body;
    const head = `${way} ${target} ${chance(0.99) ? 'HTTP/1.1' : pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9', ''])}\r\n${headers.join(chance(0.995) ? '\r\n' : '\n')}\r\n\r\n`;
    yield Buffer.concat([Buffer.from(head), sent]);
  }
}

const wrongLengths = (length: number) => [
  length + 10,
  Math.max(0, length - 5),
  -1,
  '1e3',
  '0x10',
  '99999999999999999999',
];
const encode = (text: string) => encodeURIComponent(text.toWellFormed());
const encodeLoosely = (text: string, properly: boolean) => (properly ? encode(text) : text.replace(/[\s\0]/g, '_'));

function damaged(body: Buffer, below: (n: number) => number, chance: (p: number) => boolean): Buffer {
  const copy = Buffer.from(body);
  for (let i = 0; i < 1 + below(4) && copy.length > 0; i++) copy[below(copy.length)] = chance(0.5) ? 0xff : below(256);
  return chance(0.2) ? Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), copy]) : copy;
}

function chunked(body: Buffer, size: number, ends: boolean): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i < body.length; i += size) {
    const part = body.subarray(i, i + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from(ends ? '0\r\n\r\n' : 'zz\r\n')]);
}

/** What a server answers to these bytes, as it stands on the wire; empty where it only hung up or went on waiting. */
export function exchange(port: number, bytes: Buffer, patience = 250): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(parts).toString('latin1'));
    };
    // A request whose end is missing is one that the server waits for.
    const timer = setTimeout(() => (parts.length > 0 ? finish() : socket.end()), patience);
    socket.on('data', (part) => void parts.push(part));
    socket.on('close', finish);
    socket.on('error', finish);
  });
}
