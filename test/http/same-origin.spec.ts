import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import { type EdgeApp, KEY, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { mutatingRoutes, type Route } from '../support/routes.js';

const OWN = 'https://app.example';

@Controller('own')
class Own {
  @Post()
  post() {
    return 'posted';
  }
}

interface Case {
  site?: string;
  origin?: string;
  /** How the caller is told: by a cookie, by one of these headers, or not at all. */
  by: 'cookie' | 'header' | 'authorization' | 'authorization and cookie' | 'nothing';
}

const SITES = [
  undefined,
  'same-origin',
  'none',
  'same-site',
  'cross-site',
  'Same-Origin',
  '',
  'same-origin, cross-site',
];
const ORIGINS = [
  undefined,
  OWN,
  'null',
  'https://evil.example',
  'http://app.example',
  'https://app.example:443',
  'https://app.example.evil.example',
  'https://evil.example/https://app.example',
  'HOST',
];
const CALLERS = ['cookie', 'header', 'authorization', 'authorization and cookie', 'nothing'] as const;

/** The table: what decides is the first of the two headers that is there. */
function isAllowed({ site, origin, by }: Case): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (origin !== undefined) return origin === OWN;
  return by === 'header' || by === 'authorization';
}

describe.each(PLATFORMS)('Requests of other sites on %s', (platform) => {
  let app: EdgeApp;
  let cookie: string;
  let routes: Route[];

  beforeAll(async () => {
    app = await startEdge({ platform, options: { publicOrigins: [OWN], rateLimit: false }, controllers: [Own] });
    const signedIn = await fetch(`${app.url}/sign-in?user=alice`, { method: 'POST' });
    cookie = signedIn.headers.getSetCookie()[0].split(';')[0];
    routes = mutatingRoutes(app.nest, '/byok');
  });
  afterAll(() => app.close());

  async function send({ method, path }: Route, { site, origin, by }: Case): Promise<Response> {
    const headers: Record<string, string> = {};
    if (site !== undefined) headers['sec-fetch-site'] = site;
    if (origin !== undefined) headers['origin'] = origin === 'HOST' ? app.url : origin;
    if (by.includes('cookie')) headers['cookie'] = cookie;
    if (by === 'header') headers['x-test-user'] = 'alice';
    if (by.includes('authorization')) headers['authorization'] = 'Bearer of-the-test';
    const isForm = !path.includes('/api/');
    headers['content-type'] = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
    const body = isForm ? 'label=x' : JSON.stringify({ apiKey: KEY });
    return fetch(app.url + path.replace(':provider', 'openai'), {
      method,
      headers,
      body: method === 'DELETE' ? undefined : body,
      redirect: 'manual',
    });
  }

  it('are sent to every route that changes something, as the application itself lists them', () => {
    expect(routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'DELETE /byok/api/keys',
      'DELETE /byok/api/keys/:provider',
      'POST /byok/keys',
      'POST /byok/keys/:provider',
      'POST /byok/keys/:provider/delete',
      'POST /byok/keys/clear',
      'PUT /byok/api/keys/:provider',
    ]);
    expect(mutatingRoutes(app.nest, '/own')).toEqual([{ method: 'POST', path: '/own' }]);
  });

  it('are refused as the table says: where they come from first, then the origin, then nothing that rides along', async () => {
    const deviations: string[] = [];
    let tried = 0;
    let passed = 0;
    for (const route of routes) {
      // Where the first header is there, the others must not matter: fewer of them do.
      const cases = SITES.flatMap(
        (site) =>
          (site === undefined ? ORIGINS : ORIGINS.slice(0, 4)).flatMap((origin) =>
            CALLERS.filter((by) => site === undefined || by === 'cookie' || by === 'nothing').map((by) => ({
              site,
              origin,
              by,
            })),
          ),
        // What decides is the same code: a third is enough on the second platform.
      ).filter((_, i) => platform === 'express' || i % 3 === 0);
      await Promise.all(
        cases.map(async (one) => {
          tried++;
          const answer = await send(route, one);
          const text = await answer.text();
          const isRefusal = answer.status === 403 && text.includes('This request did not come from this site.');
          if (!isRefusal) passed++;
          const hasHeaders = Object.entries(SECURITY_HEADERS).every(
            ([name, value]) => answer.headers.get(name) === value,
          );
          if (isRefusal === isAllowed(one) || !hasHeaders || answer.status >= 500) {
            deviations.push(`${route.method} ${route.path} ${JSON.stringify(one)}: ${answer.status} ${text}`);
          }
        }),
      );
    }
    expect(deviations).toEqual([]);
    const [each, allowed] = platform === 'express' ? [101, 23] : [34, 8];
    expect([tried, passed]).toEqual([routes.length * each, routes.length * allowed]);
  });

  it('do not reach a route through the Host header, or a name of the origin’s that another header gives', async () => {
    for (const route of routes) {
      const answer = await fetch(app.url + route.path.replace(':provider', 'openai'), {
        method: route.method,
        headers: { origin: app.url, cookie, 'x-forwarded-host': 'app.example', referer: `${OWN}/byok` },
      });
      expect(answer.status).toBe(403);
    }
  });

  it('may read: safe methods ask nobody', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example', cookie };
    expect((await fetch(`${app.url}/byok/api/keys`, { headers })).status).toBe(200);
    expect((await fetch(`${app.url}/own`, { method: 'POST', headers })).status).toBe(201);
  });

  it('use up nobody’s limit of writes', async () => {
    const limited = await startEdge({ platform, options: { rateLimit: { perOwner: 1, perAddress: 1 } } });
    try {
      const put = (site: string) =>
        limited.client('alice').put('/byok/api/keys/openai').set('Sec-Fetch-Site', site).send({ apiKey: KEY });
      for (let i = 0; i < 3; i++) await put('cross-site').expect(403);
      expect((await put('same-origin')).status).not.toBe(429);
    } finally {
      await limited.close();
    }
  });

  it('say who they are for by a header that resolveUser reads; one that it cannot read is 401', async () => {
    const byToken = await startEdge({
      platform,
      options: {
        resolveUser: async ({ headers }) => {
          if (headers['x-token'] === 'broken') throw new Error('a token is broken');
          return headers['x-token'] === 'of-alice' ? 'alice' : undefined;
        },
      },
    });
    try {
      const remove = (headers: Record<string, string>) => byToken.client().delete('/byok/api/keys').set(headers);
      expect((await remove({ 'x-token': 'of-alice' })).status).toBe(204);
      expect((await remove({ 'x-token': 'of-nobody' }).expect(403)).body).toMatchObject({ code: 'BYOK_CSRF' });
      expect((await remove({}).expect(403)).body).toMatchObject({ code: 'BYOK_CSRF' });
      expect((await remove({ 'x-token': 'broken' }).expect(401)).body).toMatchObject({ code: 'BYOK_USER_REQUIRED' });
      await remove({ 'x-token': 'of-alice', cookie: 'theme=dark' }).expect(403);
      await remove({ authorization: 'Bearer x', cookie: 'theme=dark' }).expect(403);
    } finally {
      await byToken.close();
    }
  });
});
