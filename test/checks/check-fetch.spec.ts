import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import { KeyChecks } from '../../lib/checks/index.js';
import type { KeyChecker, KeyVerdict, ProviderConfig, ResolvedByokOptions } from '../../lib/interfaces/index.js';
import { type CheckStandIn, startCheckStandIn } from '../support/check-stand-in.js';

const KEY = 'an-example-of-a-key-1f9c';
type Fetch = Parameters<KeyChecker>[0]['fetch'];

describe('The fetch of a check', () => {
  let standIn: CheckStandIn;
  let inner: CheckStandIn;

  beforeAll(async () => {
    [standIn, inner] = await Promise.all([startCheckStandIn(), startCheckStandIn()]);
  });
  afterAll(() => Promise.all([standIn.close(), inner.close()]));

  /** What a checker does with its fetch, and what becomes of the check. */
  async function run(
    work: (fetch: Fetch) => Promise<unknown>,
    config: ProviderConfig = standIn.config,
    fields: Record<string, string> = {},
  ): Promise<{ verdict: KeyVerdict; result: unknown; error: unknown }> {
    let [result, error]: unknown[] = [];
    const check: KeyChecker = async ({ fetch }) => {
      try {
        result = await work(fetch);
      } catch (caught) {
        error = caught;
        throw caught;
      }
      return { outcome: 'accepted' };
    };
    const options = { providers: { acme: { ...config, check } } } as unknown as ResolvedByokOptions;
    return { verdict: await new KeyChecks(options).run('acme', KEY, fields), result, error };
  }
  const UNREACHABLE = { outcome: 'unknown', reason: 'unreachable' };
  const ACCEPTED = { outcome: 'accepted' };

  it('gives the answer: status, headers and body', async () => {
    standIn.on(KEY, (response, request) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        response.writeHead(418, { 'x-seen': `${request.method} ${request.url} ${request.headers['user-agent']}` });
        response.end(body);
      });
    });
    const { verdict, result } = await run(async (fetch) => {
      const response = await fetch(`${standIn.url}/v1/me`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}` },
        body: 'grüße',
      });
      return [response.status, response.headers.get('x-seen'), await response.text()];
    });
    expect([verdict, result]).toEqual([ACCEPTED, [418, 'POST /v1/me nestjs-byok (key check)', 'grüße']]);
  });

  it('follows no redirect', async () => {
    standIn.on(KEY, (response) => response.writeHead(307, { location: `${inner.url}/secret` }).end());
    const { result } = await run(async (fetch) => {
      return (await fetch(standIn.url, { headers: { authorization: KEY } })).status;
    });
    expect([result, inner.asked]).toEqual([307, []]);
  });

  it.each([
    ['an endless body', 200, (write: (text: string) => void) => setInterval(() => write('x'.repeat(65_536)), 1)],
    ['a body that is cut off', 200, (_write: unknown, end: () => void) => setTimeout(end, 5)],
  ] as const)('gives up at %s', async (_, status, serve) => {
    standIn.on(KEY, (response) => {
      response.writeHead(status, { 'content-length': String(10 ** 9) });
      const timer = serve(
        (text) => void response.write(text),
        () => void response.socket?.destroy(),
      );
      response.on('close', () => clearInterval(timer));
      response.write('x');
    });
    const { verdict } = await run((fetch) => fetch(standIn.url, { headers: { authorization: KEY } }));
    expect(verdict).toEqual(UNREACHABLE);
  });

  it('takes no address with the key in it', async () => {
    const before = standIn.asked.length;
    const { verdict, error } = await run((fetch) => fetch(`${standIn.url}/?key=${KEY}`));
    expect([verdict, (error as Error).message]).toEqual([
      UNREACHABLE,
      'A key must not be in an address. Put it into a header or the body.',
    ]);
    expect([standIn.asked.length - before, (error as Error).message.includes(KEY)]).toEqual([0, false]);
  });

  it('reaches nothing that is not public but what the application wrote', async () => {
    const before = [standIn.asked.length, inner.asked.length];
    const addresses = [
      inner.url,
      inner.url.replace('127.0.0.1', 'localhost'),
      inner.url.replace('127.0.0.1', '[::ffff:127.0.0.1]'),
      inner.url.replace('127.0.0.1', '2130706433'),
      inner.url.replace('http:', 'https:'),
      'http://169.254.169.254/latest/meta-data/',
      'https://169.254.169.254/',
      'https://10.0.0.1/',
      'https://metadata.google.internal/',
      'file:///etc/passwd',
      'data:text/plain,x',
      `${standIn.url.replace('127.0.0.1', '127.0.0.2')}`,
    ];
    for (const address of addresses) {
      const { verdict, error } = await run((fetch) => fetch(address, { headers: { authorization: KEY } }));
      expect({ address, verdict, failed: error !== undefined }).toEqual({
        address,
        verdict: UNREACHABLE,
        failed: true,
      });
    }
    expect([standIn.asked.length, inner.asked.length]).toEqual(before);
    // What is reached is counted.
    standIn.answer(KEY, 200);
    await run((fetch) => fetch(standIn.url, { headers: { authorization: KEY } }));
    expect(standIn.asked.length).toBe(before[0] + 1);
  });

  it("keeps to the rules of the field that an address comes from, and to the provider's own hosts", async () => {
    const config: ProviderConfig = { fields: { endpoint: { type: 'url', allowPrivate: true, allowHttp: true } } };
    const before = inner.asked.length;
    // This machine is no private network.
    const { verdict } = await run((fetch) => fetch(inner.url), config, { endpoint: inner.url });
    expect([verdict, inner.asked.length]).toEqual([UNREACHABLE, before]);
    for (const hosts of [['127.0.0.1'], ['*.0.0.1']]) {
      // A host is by https.
      expect((await run((fetch) => fetch(inner.url), { hosts })).verdict).toEqual(UNREACHABLE);
    }
    expect(inner.asked.length).toBe(before);
  });

  it('does not wait for a name that resolves to an address inside', async () => {
    const lookup = async (): Promise<LookupAddress[]> => [{ address: '127.0.0.1', family: 4 }];
    const { assertPublicUrl } = await import('../../lib/ssrf/index.js');
    await expect(assertPublicUrl('https://rebinding.example.com', { lookup })).rejects.toThrow('public');
  });
});

describe('A checker', () => {
  const checks = (check: unknown) =>
    new KeyChecks({ providers: { acme: { check } } } as unknown as ResolvedByokOptions).run('acme', KEY, {});

  it.each([
    ['throws', () => Promise.reject(new Error(KEY)), { outcome: 'unknown', reason: 'unreachable' }],
    ['throws at once', () => JSON.parse('{'), { outcome: 'unknown', reason: 'unreachable' }],
    ['gives nothing', async () => undefined, { outcome: 'unknown', reason: 'unreadable' }],
    ['gives an outcome that is none', async () => ({ outcome: 'maybe' }), { outcome: 'unknown', reason: 'unreadable' }],
    ['gives a reason that is none', async () => ({ outcome: 'refused', reason: KEY }), { outcome: 'refused' }],
    ['gives more', async () => ({ outcome: 'accepted', key: KEY }), { outcome: 'accepted' }],
  ])('that %s harms nothing', async (_, check, verdict) => {
    expect(await checks(check)).toEqual(verdict);
  });

  it('that never ends is given up after 8 seconds', async () => {
    let aborted = false;
    const begun = performance.now();
    const verdict = await checks(({ signal }: { signal: AbortSignal }) => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise(() => {});
    });
    expect([verdict, aborted]).toEqual([{ outcome: 'unknown', reason: 'unreachable' }, true]);
    expect(performance.now() - begun).toBeGreaterThan(7_900);
  });
});
