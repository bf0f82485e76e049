import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Agent } from 'supertest';
import { type EdgeApp, KEY, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { mutatingRoutes, type Route } from '../support/routes.js';

const OWN = 'https://app.example';
const SITES = [undefined, 'same-origin', 'none', 'same-site', 'cross-site'];
const ORIGINS = [undefined, OWN, 'null', 'https://evil.example'];

const tokenIn = (page: string): string => /name="_csrf"[^>]*\bvalue="([^"]+)"/.exec(page)![1];

/** The text with another character in the middle. */
const altered = (token: string): string => token.slice(0, 20) + (token[20] === 'A' ? 'B' : 'A') + token.slice(21);

describe.each(PLATFORMS)('The token of forms on %s', (platform) => {
  let app: EdgeApp;
  let routes: Route[];

  beforeAll(async () => {
    app = await startEdge({ platform, options: { publicOrigins: [OWN], rateLimit: false } });
    routes = mutatingRoutes(app.nest, '/byok').filter(({ path }) => !path.startsWith('/byok/api/'));
  });
  afterAll(() => app.close());

  async function signIn(user?: string): Promise<{ cookie: string; token: string }> {
    const answer = await fetch(user ? `${app.url}/sign-in?user=${user}` : `${app.url}/byok`, {
      method: user ? 'POST' : 'GET',
    });
    const cookie = answer.headers.getSetCookie()[0].split(';')[0];
    return { cookie, token: await tokenOf(cookie) };
  }
  const tokenOf = async (cookie: string): Promise<string> =>
    tokenIn(await (await fetch(`${app.url}/byok`, { headers: { cookie } })).text());

  function send({ method, path }: Route, cookie: string, body: string, site?: string, origin?: string) {
    return fetch(app.url + path.replace(':provider', 'openai'), {
      method,
      headers: {
        cookie,
        'content-type': 'application/x-www-form-urlencoded',
        ...(site !== undefined && { 'sec-fetch-site': site }),
        ...(origin !== undefined && { origin }),
      },
      body,
      redirect: 'manual',
    });
  }

  it('is 32 random bytes, the same in all forms of a session and no other', async () => {
    const [alice, bob, visitor] = [await signIn('alice'), await signIn('bob'), await signIn()];
    const tokens = [alice.token, bob.token, visitor.token];
    expect(new Set(tokens).size).toBe(3);
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(await tokenOf(alice.cookie)).toBe(alice.token);
  });

  it('is asked for with the site and the origin, on every route that takes a form: 0 deviations', async () => {
    const alice = await signIn('alice');
    const mallory = await signIn('mallory');
    const visitor = await signIn();
    await fetch(`${app.url}/sign-in?user=alice`, { method: 'POST', headers: { cookie: visitor.cookie } });
    const before = visitor.token;
    const tokens: [string, string, boolean][] = [
      ['its own', `_csrf=${alice.token}`, true],
      ['none', 'label=x', false],
      ['an empty one', '_csrf=', false],
      ["another session's", `_csrf=${mallory.token}`, false],
      ['one from before a sign-in', `_csrf=${before}`, false],
      ['an altered one', `_csrf=${altered(alice.token)}`, false],
      ['a shorter one', `_csrf=${alice.token.slice(0, -1)}`, false],
      ['a longer one', `_csrf=${alice.token}A`, false],
      ['another alphabet', `_csrf=${encodeURIComponent(`${alice.token}=`)}`, false],
      ['it twice', `_csrf=${alice.token}&_csrf=${alice.token}`, false],
      ['it in brackets', `_csrf[]=${alice.token}`, false],
      ['it as JSON', `_csrf=${encodeURIComponent(JSON.stringify(alice.token))}`, false],
      ['undefined', '_csrf=undefined', false],
    ];
    const deviations: string[] = [];
    // What decides is the same code: on the second platform, each token with some origin is enough.
    const isSampled = (i: number) => platform === 'express' || i % tokens.length === 0 || i % 5 === 0;
    let [tried, passed] = [0, 0];
    for (const route of routes) {
      for (const site of SITES) {
        const cases = ORIGINS.flatMap((origin) =>
          tokens.map(([name, body, isRight]) => ({ origin, name, body, isRight })),
        ).filter((_, i) => isSampled(i));
        await Promise.all(
          cases.map(async ({ origin, name, body, isRight }) => {
            const isOurs = site === undefined ? origin === OWN : site === 'same-origin' || site === 'none';
            const { status, headers } = await send(route, alice.cookie, body, site, origin);
            tried++;
            if (status === 303) passed++;
            const isExpected = isOurs && isRight ? status === 303 : status === 403 || (isOurs && status === 400);
            if (!isExpected || !headers.get('vary')?.includes('Sec-Fetch-Site')) {
              deviations.push(`${route.method} ${route.path} ${site} ${origin} ${name}: ${status}`);
            }
          }),
        );
      }
    }
    expect(deviations).toEqual([]);
    // Two sites with four origins each, and the right origin alone.
    const [each, right] = platform === 'express' ? [20 * tokens.length, 9] : [5 * 14, 9];
    expect([routes.length, tried, passed]).toEqual([7, 7 * each, 7 * right]);
  });

  it('is another one after each change of user, in one and the same session', async () => {
    const { cookie, token } = await signIn('alice');
    const post = async (_csrf: string) =>
      (
        await send(
          routes.find(({ path }) => path === '/byok/keys/clear')!,
          cookie,
          `_csrf=${_csrf}`,
          'same-origin',
        )
      ).status;
    const become = (user: string) => fetch(`${app.url}/sign-in?user=${user}`, { method: 'POST', headers: { cookie } });
    expect(await post(token)).toBe(303);
    await become('bob');
    expect(await post(token)).toBe(403);
    const bobs = await tokenOf(cookie);
    expect(await post(bobs)).toBe(303);
    await become('alice');
    expect([await post(token), await post(bobs)]).toEqual([403, 403]);
    const again = await tokenOf(cookie);
    expect(new Set([token, bobs, again]).size).toBe(3);
    expect(await post(again)).toBe(303);
  });

  it('cannot be planted by whoever knows the session before its user signs in', async () => {
    const fixed = await signIn();
    await fetch(`${app.url}/sign-in?user=victim`, { method: 'POST', headers: { cookie: fixed.cookie } });
    const body = `_csrf=${fixed.token}&api_key=${KEY}&provider=openai`;
    for (const route of routes) expect((await send(route, fixed.cookie, body, 'same-origin')).status).toBe(403);
    const list = await fetch(`${app.url}/byok/api/keys`, { headers: { cookie: fixed.cookie } });
    expect(await list.json()).toEqual({ keys: [] });
  });

  it('puts what a form says into a page or a header as text alone', async () => {
    const agent: Agent = await app.browser('dora');
    const hostile = ['x\r\nSet-Cookie: a=b', '<script>alert(1)</script>', '__proto__', '"><img src=x onerror=y>'];
    const { text } = await agent.get('/byok');
    const _csrf = tokenIn(text);
    for (const label of hostile) {
      const answer = await agent
        .post('/byok/keys/openai')
        .type('form')
        .send({ _csrf, api_key: KEY, label, return_to: `/byok?${label}` });
      expect([303, 400]).toContain(answer.status);
      expect(answer.headers['location'] ?? '/').toMatch(/^\/[\x21-\x7e]*$/);
      expect(Object.keys(answer.headers)).not.toContain('a');
      expect(String(answer.headers['set-cookie'] ?? '')).not.toContain('a=b');
      const page = await agent.get('/byok');
      expect(page.text).not.toMatch(/<script>alert|<img src=x/);
    }
    const labels = ((await agent.get('/byok/api/keys')).body as { keys: { label: string }[] }).keys.map(
      (key) => key.label,
    );
    expect(labels.sort()).toEqual(hostile.slice(1).sort());
  });
});
