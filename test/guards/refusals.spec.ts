import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  Injectable,
  Post,
  Res,
  Scope,
  Sse,
  UnauthorizedException,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { ServerResponse } from 'node:http';
import { throwError } from 'rxjs';
import { type ByokEvent, RequireAnyApiKey, RequireApiKey, ResolvedKey, type ResolvedApiKey } from '../../lib/index.js';
import { type EdgeApp, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { providerOf, sdkError } from '../support/refusals.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const OTHER = 'another-example-of-a-key-77ab';

/** What the handlers throw. */
let thrown: unknown;

class Own {
  constructor(readonly name: string) {}
}

/** Answers in its own way, on whichever level it is bound. */
class Answering implements ExceptionFilter {
  constructor(private readonly name: string) {}
  catch(_: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<{ status: (code: number) => { send: (body: object) => void } }>();
    response.status(418).send({ caught: this.name });
  }
}

@Catch()
class OnMethod extends Answering {
  constructor() {
    super('method');
  }
}

@Catch()
class Everywhere extends Answering {
  constructor() {
    super('everywhere');
  }
}

@Catch(Own)
class OnClass extends Answering {
  constructor() {
    super('class');
  }
}

@Catch()
@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Answering {
  constructor() {
    super('request');
  }
}

@Injectable()
class ThrowsFirst {
  canActivate(): boolean {
    throw thrown;
  }
}

@Controller()
@UseFilters(OnClass)
class Guarded {
  @Get('one')
  @RequireApiKey('openai')
  async one() {
    await Promise.resolve();
    throw thrown;
  }

  @Post('labelled')
  @RequireApiKey('openai', { label: 'work' })
  labelled() {
    throw thrown;
  }

  @Get('any')
  @RequireAnyApiKey(['mistral', 'openai'])
  any() {
    throw thrown;
  }

  @Get('two')
  @RequireApiKey('openai')
  @RequireApiKey('mistral')
  two() {
    throw thrown;
  }

  @Get('alike')
  @RequireApiKey('openai')
  @RequireApiKey('openai', { label: 'work' })
  alike() {
    throw thrown;
  }

  @Get('own-key')
  @RequireApiKey('openai', { feedback: false })
  ownKey() {
    throw thrown;
  }

  @Get('own-key-beside')
  @RequireApiKey('mistral')
  @RequireApiKey('openai', { feedback: false })
  ownKeyBeside() {
    throw thrown;
  }

  @Get('above')
  @UseFilters(OnMethod)
  @RequireApiKey('openai')
  above() {
    throw thrown;
  }

  @Get('below')
  @RequireApiKey('openai')
  @UseFilters(OnMethod)
  below() {
    throw thrown;
  }

  @Get('late-guard')
  @RequireApiKey('openai')
  @UseGuards(ThrowsFirst)
  lateGuard() {
    return 'never';
  }

  @Get('own-response')
  @RequireApiKey('openai')
  ownResponse(@Res() _response: unknown) {
    throw thrown;
  }

  @Get('begun')
  @RequireApiKey('openai')
  begun(@Res() response: { raw?: ServerResponse }) {
    (response.raw ?? (response as unknown as ServerResponse))
      .writeHead(200, { 'content-type': 'text/plain' })
      .write('begun');
    throw thrown;
  }

  @Sse('events')
  @RequireApiKey('openai')
  async events() {
    await Promise.resolve();
    throw thrown;
  }

  @Sse('events-used')
  @RequireApiKey('openai')
  eventsUsed(@ResolvedKey() key: ResolvedApiKey) {
    return throwError(() => key.report(thrown));
  }

  @Get('used')
  @RequireApiKey('openai', { feedback: false })
  used(@ResolvedKey() key: ResolvedApiKey) {
    return key.use(() => {
      throw thrown;
    });
  }

  @Get('unguarded')
  unguarded() {
    throw thrown;
  }
}

@Controller('class')
@RequireApiKey('openai')
class OnTheClass {
  @Get('one')
  one() {
    throw thrown;
  }

  @Get('caught')
  @UseFilters(OnMethod)
  caught() {
    throw thrown;
  }
}

@Controller('scoped')
@UseFilters(PerRequest)
class Scoped {
  @Get('one')
  @RequireApiKey('openai')
  one() {
    throw thrown;
  }
}

const ROUTES = ['one', 'any', 'two', 'class/one', 'scoped/one', 'own-response', 'events', 'used'];
const HTML = 'text/html,*/*;q=0.8';

describe.each(PLATFORMS)('An error of a guarded handler on %s', (platform) => {
  const events: ByokEvent[] = [];
  const options = {
    providers: {
      openai: providerOf('openai', { name: 'Open AI Ltd', keysUrl: 'https://keys.openai.example/' }),
      mistral: providerOf('mistral'),
    },
    onEvent: (event: ByokEvent) => void events.push(event),
    rateLimit: false,
  } as const;
  const controllers = [Guarded, OnTheClass, Scoped];
  let plain: EdgeApp;
  let filtered: EdgeApp;
  let silent: EdgeApp;
  const apps = () => [plain, filtered, silent];

  beforeAll(async () => {
    plain = await startEdge({ platform, controllers, options });
    filtered = await startEdge({
      platform,
      controllers,
      options,
      providers: [{ provide: APP_FILTER, useClass: Everywhere }],
    });
    silent = await startEdge({ platform, controllers, options: { ...options, feedback: false } });
  });
  afterEach(() => forget());
  afterAll(() => Promise.all(apps().map((app) => app.close())));

  const logged = () => apps().flatMap(({ log }) => log);
  function forget(): void {
    events.length = 0;
    for (const { log } of apps()) log.length = 0;
  }

  /** Somebody whose keys are these. */
  async function person(app: EdgeApp, keys: readonly string[] = ['openai']) {
    const agent = await app.browser();
    for (const each of keys) {
      const [provider, label = 'default'] = each.split(':');
      await agent
        .put(`/byok/api/keys/${provider}`)
        .send({ apiKey: each === 'openai' ? KEY : OTHER, label })
        .expect(({ status, body }) =>
          expect([status, body]).toEqual([expect.any(Number), expect.objectContaining({ label })]),
        );
    }
    return agent;
  }

  const refused = (code = 'BYOK_KEY_REFUSED', more = {}) => ({
    statusCode: code === 'BYOK_KEY_NO_CREDIT' ? 402 : 403,
    code,
    message: expect.stringContaining('Open AI Ltd'),
    provider: 'openai',
    providers: ['openai'],
    label: 'default',
    manageUrl: '/byok',
    ...more,
  });

  it.each(ROUTES)('is answered at /%s if the provider refused the key', async (route) => {
    for (const app of [plain, filtered]) {
      for (const [status, code] of [
        [401, 'BYOK_KEY_REFUSED'],
        [402, 'BYOK_KEY_NO_CREDIT'],
        [403, 'BYOK_KEY_RESTRICTED'],
      ] as const) {
        const agent = await person(app, route === 'two' ? ['openai', 'mistral'] : ['openai']);
        thrown = sdkError('openai', status, `Incorrect API key provided: ****1f9c`);
        const answer = await agent.get(`/${route}`);
        expect([answer.status, answer.body]).toEqual([status === 402 ? 402 : 403, refused(code)]);
        expect(answer.headers).toMatchObject(SECURITY_HEADERS);
        expect(events.filter(({ type }) => type === 'refused')).toMatchObject([
          { provider: 'openai', label: 'default' },
        ]);
        const line = expect.stringMatching(new RegExp(`AuthenticationError with status ${status} \\(`));
        // Nest has one log for all applications of a process.
        expect(logged()).toEqual(route === 'used' ? [] : [line]);
        forget();
      }
    }
  });

  it('names the label of the key', async () => {
    thrown = sdkError('openai', 401);
    const { body } = await (await person(plain, ['openai', 'openai:work'])).post('/labelled').expect(403);
    expect(body).toEqual(refused('BYOK_KEY_REFUSED', { label: 'work' }));
  });

  it('shows neither the key nor what the provider said, anywhere', async () => {
    const agent = await person(plain);
    thrown = sdkError('openai', 401, `Incorrect API key provided: ${KEY}`, {
      config: { headers: { authorization: KEY } },
    });
    for (const accept of ['application/json', HTML]) {
      const { text } = await agent.get('/one').set('Accept', accept).expect(403);
      expect(text).not.toContain(KEY);
      expect(text).not.toContain('Incorrect');
    }
    expect(JSON.stringify([logged(), events])).not.toMatch(/Incorrect|an-example/);
    expect(logged()).toHaveLength(2);
  });

  it.each<[string, string[], unknown, object | undefined]>([
    ['one', ['openai'], new Error('a fault'), undefined],
    ['one', ['openai'], 'a text', undefined],
    [
      'one',
      ['openai'],
      new UnauthorizedException('Sign in to the service.'),
      { statusCode: 401, message: 'Sign in to the service.', error: 'Unauthorized' },
    ],
    ['one', ['openai'], new HttpException({ mine: true }, 401, { cause: sdkError('openai', 401) }), { mine: true }],
    ['one', ['openai'], Object.assign(new Error('internal'), { status: 401 }), undefined],
    ['one', ['openai'], sdkError('openai', 401, '', { url: 'https://internal.example' }), undefined],
    ['one', ['openai'], sdkError('openai', 401, 'Incorrect API key provided: ****zzzz'), undefined],
    ['one', ['openai'], sdkError('mistral', 401), undefined],
    ['one', ['openai'], sdkError('openai', 429), undefined],
    ['one', ['openai'], sdkError('openai', 500), undefined],
    ['any', ['openai'], sdkError('mistral', 401), undefined],
    ['any', ['mistral', 'openai'], sdkError('openai', 401), undefined],
    ['alike', ['openai', 'openai:work'], sdkError('openai', 401), undefined],
    ['own-key', ['openai'], sdkError('openai', 401), undefined],
    ['own-key-beside', ['openai', 'mistral'], sdkError('openai', 401), undefined],
    ['late-guard', ['openai'], sdkError('openai', 401), undefined],
    ['unguarded', ['openai'], sdkError('openai', 401), undefined],
    ['scoped/one', ['openai'], new Own('x'), { caught: 'request' }],
    ['scoped/one', ['openai'], sdkError('openai', 401, 'Bad key: ****zzzz'), { caught: 'request' }],
    ['one', ['openai'], new Own('x'), { caught: 'class' }],
  ])('goes its way at /%s (%#) if it is not a refusal of that key', async (route, keys, error, answer) => {
    thrown = error;
    const agent = await person(plain, keys);
    const own = await agent.get(`/${route}`);
    expect(own.body).toEqual(answer ?? { statusCode: 500, message: 'Internal server error' });
    const caught = await (await person(filtered, keys)).get(`/${route}`);
    expect(caught.body).toEqual(answer && 'caught' in answer ? answer : { caught: 'everywhere' });
    expect(events.filter(({ type }) => type === 'refused')).toEqual([]);
  });

  it.each(['above', 'below', 'class/caught'])('goes to the filter of the method first: /%s', async (route) => {
    thrown = sdkError('openai', 401);
    await (await person(plain)).get(`/${route}`).expect(418, { caught: 'method' });
  });

  it('goes its way if the option feedback is off, unless the handler asks', async () => {
    thrown = sdkError('openai', 401);
    const agent = await person(silent);
    await agent.get('/one').expect(500);
    await agent.get('/used').expect(403);
  });

  it('is answered with two keys if it is about one of them', async () => {
    thrown = sdkError('openai', 401, 'Bad key: ****77ab');
    const agent = await person(plain, ['openai', 'openai:work']);
    expect((await agent.get('/alike').expect(403)).body).toEqual(refused('BYOK_KEY_REFUSED', { label: 'work' }));
  });

  it('ends a response that has begun', async () => {
    thrown = sdkError('openai', 401);
    const { text } = await (await person(plain)).get('/begun').expect(200);
    expect(text).toBe('begun');
  });

  it('is answered if it is a Response', async () => {
    const agent = await person(plain);
    thrown = Response.json({ error: { type: 'openai_error' } }, { status: 401 });
    expect((await agent.get('/one').expect(403)).body).toEqual(refused());
    thrown = Response.json({ error: { type: 'openai_error' } }, { status: 429 });
    await agent.get('/one').expect(500);
    thrown = Response.json({ error: 'internal' }, { status: 401 });
    await (await person(filtered)).get('/one').expect(418, { caught: 'everywhere' });
  });
});
