import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import { type EdgeApp, KEY, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { mutatingRoutes, type Route } from '../support/routes.js';

const OWN = 'https://app.example';
const FRONT_END = 'https://front-end.example:8443';

@Controller('own')
class Own {
  @Post()
  post() {
    return 'posted';
  }
}

/** How a caller is named: by which of its headers. */
const CALLERS = {
  cookie: ['cookie'],
  'a header of the application': ['x-test-user'],
  'an unknown token': ['unknown'],
  'a token': ['bearer'],
  'a token and a cookie': ['bearer', 'cookie'],
  'a password': ['basic'],
  'a header without a value': ['empty'],
  nothing: [],
} as const;

interface Case {
  site?: string;
  origin?: string;
  by: keyof typeof CALLERS;
  /** Of forms. */
  token?: boolean;
}

const SITES = [
  undefined,
  'same-origin',
  'none',
  'same-site',
  'cross-site',
  'Same-Origin',
  'same-origin, cross-site',
  '',
];
const ORIGINS = [
  undefined,
  OWN,
  FRONT_END,
  'null',
  'https://evil.example',
  'HOST',
  'http://app.example',
  'https://app.example:443',
  'https://app.example/',
  'HTTPS://APP.EXAMPLE',
  ' ',
  'https://app.example.evil.example',
  'https://evil.example/https://app.example',
  `${OWN}, https://evil.example`,
];

type Answer = 'done' | 'refused' | 'signed out' | 'out of date';

const isSameOrigin = (site?: string) => site === 'same-origin' || site === 'none';
const isListed = (origin?: string) => origin === OWN || origin === FRONT_END;

function answerOfApi({ site, origin, by }: Case): Answer {
  if (isSameOrigin(site) || isListed(origin)) return 'done';
  const isBrowser = site !== undefined || origin !== undefined;
  switch (by) {
    case 'a token':
      return 'done';
    case 'an unknown token':
      return isBrowser ? 'signed out' : 'done';
    case 'a password':
    case 'a header of the application':
      return isBrowser ? 'refused' : 'done';
    default:
      return 'refused';
  }
}

function answerOfForm({ site, origin, by, token }: Case): Answer {
  if (!isSameOrigin(site) && !(site === undefined && isListed(origin))) return 'refused';
  return token && by.includes('cookie') ? 'done' : 'out of date';
}

/** On the second platform a seventh of them: what decides is the same code. */
function casesOn(platform: string, isForm: boolean): Case[] {
  const callers = Object.keys(CALLERS) as Case['by'][];
  const ofForms = ['cookie', 'a token', 'a token and a cookie', 'nothing'] as const;
  const cases = SITES.flatMap((site) =>
    // A text that is not listed is not listed; where it is spelt differently, one site will do.
    (site === undefined ? ORIGINS : ORIGINS.slice(0, 6)).flatMap((origin): Case[] =>
      isForm
        ? [true, false].flatMap((token) => ofForms.map((by) => ({ site, origin, by, token })))
        : callers.map((by) => ({ site, origin, by })),
    ),
  );
  return cases.filter((_, i) => platform === 'express' || i % 7 === 0);
}

describe.each(PLATFORMS)('Requests of other sites on %s', (platform) => {
  let app: EdgeApp;
  let cookie: string;
  let token: string;
  let routes: Route[];

  beforeAll(async () => {
    app = await startEdge({
      platform,
      options: {
        publicOrigins: [OWN, FRONT_END],
        rateLimit: false,
        resolveUser: ({ user, headers }) =>
          (user as { id?: string } | undefined)?.id ??
          (/^(Bearer|Basic) of-alice$/.test(headers.authorization as string) ? 'alice' : undefined),
      },
      controllers: [Own],
    });
    const signedIn = await fetch(`${app.url}/sign-in?user=alice`, { method: 'POST' });
    cookie = signedIn.headers.getSetCookie()[0].split(';')[0];
    const page = await (await fetch(`${app.url}/byok`, { headers: { cookie } })).text();
    token = /name="_csrf"[^>]*\bvalue="([^"]+)"/.exec(page)![1];
    routes = mutatingRoutes(app.nest, '/byok');
  });
  afterAll(() => app.close());

  const isForm = ({ path }: Route) => !path.includes('/api/');

  async function send(route: Route, { site, origin, by, token: isRight }: Case): Promise<Response> {
    const named = {
      cookie: ['cookie', cookie],
      'x-test-user': ['x-test-user', 'alice'],
      unknown: ['authorization', 'Bearer of-nobody'],
      bearer: ['authorization', 'Bearer of-alice'],
      basic: ['authorization', 'Basic of-alice'],
      empty: ['authorization', ' '],
    };
    const json = route.path.endsWith('/default') ? { label: 'default' } : { apiKey: KEY };
    const body = isForm(route) ? `label=x${isRight ? `&_csrf=${token}` : ''}` : JSON.stringify(json);
    return fetch(app.url + route.path.replace(':provider', 'openai'), {
      method: route.method,
      headers: {
        ...(site !== undefined && { 'sec-fetch-site': site }),
        ...(origin !== undefined && { origin: origin === 'HOST' ? app.url : origin }),
        ...Object.fromEntries(CALLERS[by].map((name) => named[name])),
        'content-type': isForm(route) ? 'application/x-www-form-urlencoded' : 'application/json',
      },
      body: route.method === 'DELETE' ? undefined : body,
      redirect: 'manual',
    });
  }

  function answerOf({ status }: Response, text: string): string {
    if (status === 403 && text.includes('may come from another site: Sec-Fetch-Site is ')) return 'refused';
    if (status === 403 && text.includes('This form is out of date.')) return 'out of date';
    if (status === 401 && text.includes('the Authorization header does not name a user')) return 'signed out';
    // 404: what is to be deleted may be gone already. 409: others change the same key.
    return [200, 204, 303, 404, 409].includes(status) ? 'done' : `${status} ${text}`;
  }

  it('are sent to every route that changes something, as the application itself lists them', () => {
    expect(routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'DELETE /byok/api/keys',
      'DELETE /byok/api/keys/:provider',
      'PATCH /byok/api/keys/:provider',
      'POST /byok/api/keys/:provider/check',
      'POST /byok/keys',
      'POST /byok/keys/:provider',
      'POST /byok/keys/:provider/check',
      'POST /byok/keys/:provider/default',
      'POST /byok/keys/:provider/delete',
      'POST /byok/keys/:provider/edit',
      'POST /byok/keys/clear',
      'PUT /byok/api/keys/:provider',
      'PUT /byok/api/keys/:provider/default',
    ]);
    expect(mutatingRoutes(app.nest, '/own')).toEqual([{ method: 'POST', path: '/own' }]);
  });

  it('are answered as the table says, whatever headers are combined', async () => {
    const deviations: string[] = [];
    const count: Record<string, number> = {};
    for (const route of routes) {
      const cases = casesOn(platform, isForm(route));
      for (let i = 0; i < cases.length; i += 50) {
        await Promise.all(
          cases.slice(i, i + 50).map(async (one) => {
            const response = await send(route, one);
            const answer = answerOf(response, await response.text());
            const expected = isForm(route) ? answerOfForm(one) : answerOfApi(one);
            const hasHeaders = Object.entries(SECURITY_HEADERS).every(
              ([name, value]) => response.headers.get(name) === value,
            );
            count[answer] = (count[answer] ?? 0) + 1;
            if (answer !== expected || !hasHeaders) {
              deviations.push(`${route.method} ${route.path} ${JSON.stringify(one)}: ${answer}, not ${expected}`);
            }
          }),
        );
      }
    }
    expect(deviations).toEqual([]);
    expect(count).toEqual(
      platform === 'express'
        ? { done: 1558, 'signed out': 186, refused: 3492, 'out of date': 588 }
        : { done: 207, 'signed out': 30, refused: 504, 'out of date': 91 },
    );
  });

  it('are answered with the headers that are missing or wrong, and what a program sends instead', async () => {
    const ask = async (headers: Record<string, string>, path = '/byok/api/keys', method = 'DELETE') => {
      const response = await fetch(app.url + path, { method, headers });
      const { code, message } = (await response.json()) as { code: string; message: string };
      expect(code).toBe('BYOK_CSRF');
      return message;
    };
    const advice =
      'Programs send an Authorization header and no cookie. For a web page on another origin, add that origin to the option publicOrigins.';
    expect(await ask({})).toBe(
      `This request may come from another site: Sec-Fetch-Site is missing; Origin is missing; Authorization is missing. ${advice}`,
    );
    const spa = { 'sec-fetch-site': 'same-site', origin: 'https://spa.example:8443' };
    expect(await ask({ ...spa, cookie, authorization: 'Bearer x' })).toBe(
      `This request may come from another site: Sec-Fetch-Site is same-site; Origin is https://spa.example:8443, which is not in publicOrigins; Authorization is present, but counts only without a Cookie header. ${advice}`,
    );
    const password = { 'sec-fetch-site': 'cross-site', origin: 'null', authorization: 'BASIC eDp5' };
    expect(await ask(password)).toContain(
      'Sec-Fetch-Site is cross-site; Origin is null; Authorization is of a scheme that browsers send by themselves. ',
    );
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await ask(form, '/byok/keys', 'POST')).toBe(
      'This form may come from another site: Sec-Fetch-Site is missing; Origin is missing; Authorization is missing. Programs use the JSON API.',
    );
  });

  it('are answered without the text that they put into these headers', async () => {
    const hostile = [
      '<script>x</script>',
      `https://${'a'.repeat(200)}.example`,
      'https://x.example/<b>',
      'javascript:x',
    ];
    for (const text of hostile) {
      const headers = { 'sec-fetch-site': text, origin: text, authorization: text };
      const body = await (await fetch(`${app.url}/byok/api/keys`, { method: 'DELETE', headers })).text();
      expect(body).toContain('Authorization');
      expect(body).not.toContain(text);
    }
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

  // As SECURITY.md says: open CORS lets another site add the header.
  it('write for a user whom a gateway names, if they may send Authorization; without it they are refused', async () => {
    const another = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example', 'x-test-user': 'alice' };
    const remove = (headers: Record<string, string>) =>
      fetch(`${app.url}/byok/api/keys/none`, { method: 'DELETE', headers: { ...another, ...headers } });
    expect((await remove({})).status).toBe(403);
    expect((await remove({ authorization: 'Basic anything' })).status).toBe(403);
    expect((await remove({ authorization: 'Bearer anything' })).status).toBe(404);
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
