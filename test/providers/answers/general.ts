import { answer, CHALLENGE } from './case.js';

const PAGE = '<!DOCTYPE html><html><body>Sign in to the network</body></html>';

/** Answers that say nothing of a key, whoever they are from. */
export const GENERAL = [
  answer('a page of a proxy', 200, PAGE, 'unknown/unreadable'),
  answer('a page without a type', 200, PAGE, 'unknown/unreadable', { 'content-type': 'application/json' }),
  answer('a page with 403', 403, CHALLENGE, 'unknown/unreadable'),
  answer('a challenge', 403, { error: 'a' }, 'unknown/unreadable', { 'cf-mitigated': 'challenge' }),
  answer('a page with 429', 429, PAGE, 'unknown/unreadable'),
  answer('a page with 502', 502, PAGE, 'unknown/unreachable'),
  answer('a proxy that wants a password', 407, 'Proxy Authentication Required', 'unknown/unreachable'),
  answer('a time-out', 408, '', 'unknown/unreachable'),
  answer('an outage', 500, { error: { message: 'Invalid API key', code: 'invalid_api_key' } }, 'unknown/unreachable'),
  answer('a bad gateway', 502, '', 'unknown/unreachable'),
  answer('an overload', 503, { error: 'insufficient_quota' }, 'unknown/unreachable'),
  answer('a gateway that waited', 504, 'upstream request timeout', 'unknown/unreachable'),
  answer('too much for it', 529, '', 'unknown/unreachable'),
  answer('another address', 404, { message: 'Not Found' }, 'unknown/unreadable'),
  answer('a redirect', 302, '', 'unknown/unreadable', { location: '/elsewhere' }),
  answer('a limit of something in between', 429, 'slow down', 'unknown/rate-limited'),
  answer('a refusal of something in between', 403, 'forbidden', 'unknown/unreadable'),
  answer('an empty body', 200, '', 'unknown/unreadable'),
  answer('no content', 204, '', 'unknown/unreadable'),
  answer('what is not JSON', 200, '{"data": [', 'unknown/unreadable'),
  answer('another form', 200, { unexpected: true }, 'unknown/unreadable'),
  answer('a null', 200, null, 'unknown/unreadable'),
  answer('a word', 200, '"ok"', 'unknown/unreadable'),
  answer('another method', 405, { error: 'Method Not Allowed' }, 'unknown/unreadable'),
];
