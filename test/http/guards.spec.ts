import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type CanActivate,
  type ExecutionContext,
  HttpException,
  Injectable,
  Scope,
  UnauthorizedException,
} from '@nestjs/common';
import { byokAssets } from '../../lib/entries/views.js';
import { type ByokModuleOptions } from '../../lib/index.js';
import { type EdgeApp, type EdgeSetup, KEY, SAME_SITE, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';

interface Response {
  redirect?: (to: string) => void;
  status: (code: number) => { redirect: (to: string) => unknown };
}
type Work = (request: { user?: unknown; headers: Record<string, string> }, response: Response) => unknown;

const guard = (work: Work): CanActivate => ({
  canActivate: (context: ExecutionContext) => {
    const http = context.switchToHttp();
    return work(http.getRequest(), http.getResponse()) as boolean;
  },
});
const HTML = 'text/html,*/*;q=0.8';

describe.each(PLATFORMS)("The application's guards on %s", (platform) => {
  let app: EdgeApp;

  afterEach(() => app.close());

  async function start(options: Partial<ByokModuleOptions>, setup: EdgeSetup = {}): Promise<void> {
    app = await startEdge({ platform, options: { rateLimit: false, ...options }, ...setup });
  }

  /** Whether each kind of request gets past guards that refuse. */
  async function open(): Promise<Record<string, boolean>> {
    const agent = await app.browser('alice');
    const form = agent.post('/byok/keys/openai').type('form').send({ api_key: KEY });
    const answers = {
      page: await agent.get('/byok'),
      form: await form,
      list: await agent.get('/byok/api/keys'),
      put: await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }),
      delete: await agent.delete('/byok/api/keys'),
      stylesheet: await agent.get(`/byok/assets/${byokAssets().stylesheet.fileName}`),
    };
    return Object.fromEntries(
      Object.entries(answers).map(([name, { status, body }]) => [
        name,
        !(status === 403 && (body as { code?: string }).code === 'BYOK_REFUSED'),
      ]),
    );
  }

  it.each<[string, Partial<ByokModuleOptions>, { pages: boolean; api: boolean }]>([
    ['guards: pages and JSON API', { guards: [guard(() => false)] }, { pages: false, api: false }],
    ['dashboard.guards: pages', { dashboard: { guards: [guard(() => false)] } }, { pages: false, api: true }],
    ['api.guards: the JSON API', { api: { guards: [guard(() => false)] } }, { pages: true, api: false }],
    ['none', { api: {} }, { pages: true, api: true }],
  ])('stand in front of what the option says: %s', async (_, options, { pages, api }) => {
    await start(options);
    expect(await open()).toEqual({ page: pages, form: pages, list: api, put: api, delete: api, stylesheet: true });
  });

  it('run in order, after the check where a request comes from, and before a body is looked at', async () => {
    const ran: string[] = [];
    const named = (name: string) => guard(() => ran.push(name));
    await start({
      guards: [named('first'), named('second')],
      dashboard: { guards: [named('page')] },
      api: { guards: [named('api')] },
    });
    const agent = await app.browser('alice');
    await agent.get('/byok').expect(200);
    expect(ran.splice(0)).toEqual(['first', 'second', 'page']);
    await agent.put('/byok/api/keys/openai').type('text').send(KEY).expect(415);
    expect(ran.splice(0)).toEqual(['first', 'second', 'api']);
    await agent.delete('/byok/api/keys').set('Sec-Fetch-Site', 'cross-site').expect(403);
    expect(ran).toEqual([]);
  });

  it('may be what finds the user', async () => {
    const jwt = guard((request) => {
      const id = /^Bearer of-(\w+)$/.exec(request.headers['authorization'] ?? '')?.[1];
      if (id === undefined) throw new UnauthorizedException();
      request.user = { id };
      return true;
    });
    await start({ guards: [jwt] });
    const put = (headers: Record<string, string>) =>
      app.client().put('/byok/api/keys/openai').set(headers).send({ apiKey: KEY });
    const elsewhere = { origin: 'https://front-end.example', 'sec-fetch-site': 'cross-site' };
    await put({ authorization: 'Bearer of-alice' }).expect(200);
    await put({ authorization: 'Bearer of-alice', ...elsewhere }).expect(200);
    await put({ authorization: 'Bearer', ...elsewhere }).expect(401);
  });

  it('are classes: providers of the application, others with what they depend on, and of one request', async () => {
    const seen: string[] = [];
    @Injectable()
    class Rules {
      made = 0;
    }
    @Injectable()
    class Provided implements CanActivate {
      constructor(private readonly rules: Rules) {
        rules.made++;
      }
      canActivate() {
        seen.push(`provided ${this.rules.made}`);
        return true;
      }
    }
    @Injectable()
    class Created extends Provided {}
    let requests = 0;
    @Injectable({ scope: Scope.REQUEST })
    class OfRequest implements CanActivate {
      readonly #number = ++requests;
      canActivate() {
        seen.push(`request ${this.#number}`);
        return true;
      }
    }
    await start({ api: { guards: [Provided, OfRequest] } }, { providers: [Rules, Provided, OfRequest] });
    const agent = await app.browser('alice');
    await agent.get('/byok/api/keys').expect(200);
    await agent.get('/byok/api/keys').expect(200);
    expect(seen).toEqual(['provided 1', 'request 1', 'provided 1', 'request 2']);
    await app.close();
    await expect(start({ guards: [Created] })).rejects.toThrow(/Rules/);
    await start({});
  });

  it('refuse with their own response, which has our headers; a browser gets a page', async () => {
    let failure: unknown = new HttpException({ error: 'no_subscription', plan: 'free' }, 402);
    await start({
      guards: [
        guard(() => {
          throw failure;
        }),
      ],
    });
    const agent = await app.browser('alice');
    for (const path of ['/byok', '/byok/api/keys']) {
      const { body, headers } = await agent.get(path).expect(402);
      expect(body).toEqual({ error: 'no_subscription', plan: 'free' });
      expect(headers).toMatchObject(SECURITY_HEADERS);
    }
    const page = await agent.get('/byok').set('Accept', HTML).expect(402);
    expect(page.headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': 'text/html; charset=utf-8' });
    expect(page.text).not.toContain('no_subscription');
    failure = new HttpException('Slow down.', 429);
    expect((await agent.get('/byok/api/keys').expect(429)).body).toEqual({ statusCode: 429, message: 'Slow down.' });
    failure = new Error(`connect ECONNREFUSED ${KEY}`);
    const { body } = await agent.get('/byok/api/keys').expect(500);
    expect(body).toMatchObject({ code: 'BYOK_INTERNAL' });
    expect([JSON.stringify(body), ...app.log].join()).not.toContain(KEY);
  });

  it('send a browser that is not signed in to signInUrl', async () => {
    await start({
      guards: [
        guard(() => {
          throw new UnauthorizedException();
        }),
      ],
      dashboard: { signInUrl: '/sign-in' },
    });
    const agent = await app.browser();
    const sent = await agent.get('/byok?x=1').set('Accept', HTML).expect(303);
    expect(sent.headers).toMatchObject({ ...SECURITY_HEADERS, location: '/sign-in?return_to=%2Fbyok%3Fx%3D1' });
    await agent.get('/byok').expect(401, { message: 'Unauthorized', statusCode: 401 });
    await agent.get('/byok/api/keys').set('Accept', HTML).expect(401);
    const form = await agent.post('/byok/keys').set('Accept', HTML).type('form').send({ api_key: KEY }).expect(401);
    expect(form.text).toContain('href="/sign-in?return_to=');
  });

  it('may redirect by themselves', async () => {
    await start({
      guards: [
        guard((_, response) => {
          if (platform === 'express') response.redirect!('/elsewhere');
          else response.status(302).redirect('/elsewhere');
          return false;
        }),
      ],
    });
    for (const path of ['/byok', '/byok/api/keys']) {
      const answer = await fetch(app.url + path, { redirect: 'manual', headers: SAME_SITE });
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/elsewhere']);
      expect(Object.fromEntries(answer.headers)).toMatchObject(SECURITY_HEADERS);
    }
    expect(app.log).toEqual([]);
  });
});
