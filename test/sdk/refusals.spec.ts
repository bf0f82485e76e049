import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, type Type, Sse } from '@nestjs/common';
import { createOpenAI } from '@ai-sdk/openai';
import { streamText } from 'ai';
import { inspect } from 'node:util';
import { knownProvider, knownProviders } from '../../lib/entries/providers.js';
import { ApiKey, type ByokEvent, RequireApiKey, ResolvedKey, type ResolvedApiKey } from '../../lib/index.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { ANSWERS, answerOf, type Mode, type Tested } from './answers.js';
import { SDKS } from './sdks.js';
import { type StandIn, startStandIn } from './stand-in.js';

const PROVIDERS = Object.keys(ANSWERS) as Tested[];
const HTML = 'text/html,*/*;q=0.8';

/** Of each provider. It has nothing in common with a real one. */
const keyOf = (provider: string): string => `an-example-of-a-key-of-${provider}-1f9c`;

/** Where a key and its parts must not be. */
function leaks(text: string, provider: string): string[] {
  const key = keyOf(provider);
  return [key, key.slice(0, 20), encodeURIComponent(key), Buffer.from(key).toString('base64')].filter((part) =>
    text.includes(part),
  );
}

const standIns = new Map<Tested, StandIn>();
/** The last error that left a handler. */
let thrown: unknown;
/** Where handlers call the provider, instead of at its stand-in. */
let elsewhere: string | undefined;

/** A controller whose handlers call a provider through an SDK. */
function controllerOf(name: string, index: number): Type {
  const [provider, call] = SDKS[name];
  const run = async (apiKey: string): Promise<unknown> => {
    try {
      return await call(apiKey, elsewhere ?? standIns.get(provider)!.url);
    } catch (error) {
      thrown = error;
      throw error;
    }
  };
  @Controller(`sdk/${index}`)
  class Calling {
    @Get('plain')
    @RequireApiKey(provider)
    plain(@ApiKey() apiKey: string) {
      return run(apiKey);
    }

    @Sse('events')
    @RequireApiKey(provider)
    async events(@ApiKey() apiKey: string) {
      return [await run(apiKey)];
    }

    @Get('used')
    @RequireApiKey(provider, { feedback: false })
    used(@ResolvedKey() key: ResolvedApiKey) {
      return key.use(run);
    }
  }
  return Calling;
}

/** A service of the application's own, and one that answers as OpenAI does. */
let internal: StandIn;
let copy: StandIn;

let reported: unknown;

@Controller()
class Streaming {
  @Get('streamed')
  @RequireApiKey('openai')
  async streamed(@ResolvedKey() key: ResolvedApiKey) {
    const model = createOpenAI({ apiKey: key.apiKey, baseURL: `${standIns.get('openai')!.url}/v1` })('a-model');
    const { textStream } = streamText({
      model,
      prompt: 'Hello',
      maxRetries: 0,
      onError: async ({ error }) => {
        reported = await key.report(error);
      },
    });
    let text = '';
    for await (const part of textStream) text += part;
    return text;
  }
}

beforeAll(async () => {
  const body = { error: { code: 'unauthorized', message: 'Sign in to the internal service.' } };
  internal = await startStandIn('openai', { status: 401, body });
  copy = await startStandIn('openai');
  for (const provider of PROVIDERS) standIns.set(provider, await startStandIn(provider));
});
afterAll(() => Promise.all([internal, copy, ...standIns.values()].map((standIn) => standIn.close())));

const CODES = {
  refused: 'BYOK_KEY_REFUSED',
  noCredit: 'BYOK_KEY_NO_CREDIT',
  restricted: 'BYOK_KEY_RESTRICTED',
} as const;

describe.each(PLATFORMS)('The refusals of providers on %s', (platform) => {
  const events: ByokEvent[] = [];
  let app: EdgeApp;
  let agent: Awaited<ReturnType<EdgeApp['browser']>>;

  beforeAll(async () => {
    const here = PROVIDERS.map((id) => [id, knownProvider(id, { baseUrl: standIns.get(id)!.url })] as const);
    app = await startEdge({
      platform,
      controllers: [Streaming, ...Object.keys(SDKS).map(controllerOf)],
      options: {
        // Beside others that answer in the same form.
        providers: {
          ...knownProviders('azure-openai', 'deepseek', 'openrouter', 'xai', 'together'),
          ...Object.fromEntries(here),
        },
        rateLimit: false,
        onEvent: (event) => void events.push(event),
      },
    });
    agent = await app.browser('alice');
    for (const provider of PROVIDERS) {
      const fields = provider === 'bedrock-api-key' ? { region: 'us-east-1' } : {};
      await agent
        .put(`/byok/api/keys/${provider}`)
        .send({ apiKey: keyOf(provider), fields })
        .expect(200);
    }
  });
  beforeEach(() => {
    events.length = app.log.length = 0;
    thrown = elsewhere = undefined;
  });
  afterAll(() => app.close());

  const refusals = () => events.filter(({ type }) => type === 'refused');
  const setMode = (mode: Mode) => standIns.forEach((standIn) => (standIn.mode = mode));

  describe.each(Object.keys(SDKS).map((name, index) => [name, index] as const))('through %s', (name, index) => {
    const [provider] = SDKS[name];
    const modes = (['refused', 'noCredit', 'restricted'] as const).filter((mode) => answerOf(provider, mode, ''));

    it.each(modes)('are answered: %s', async (mode) => {
      setMode(mode);
      const status = mode === 'noCredit' ? 402 : 403;
      const body = { statusCode: status, code: CODES[mode], provider, providers: [provider], label: 'default' };
      const json = await agent.get(`/sdk/${index}/plain`);
      expect([json.status, json.body]).toEqual([status, { ...body, message: expect.any(String), manageUrl: '/byok' }]);
      expect(app.log).toEqual([expect.stringContaining("A provider did not accept a caller's key")]);
      const page = await agent.get(`/sdk/${index}/plain`).set('Accept', HTML).expect(status);
      expect(page.text).toContain(`action="/byok/keys/${provider}"`);
      const event = await agent.get(`/sdk/${index}/events`).set('Accept', 'text/event-stream').expect(status);
      const used = await agent.get(`/sdk/${index}/used`).expect(status);
      for (const answer of [event, used]) expect(answer.body).toMatchObject(body);
      expect(refusals()).toHaveLength(4);
      expect(standIns.get(provider)!.keys.at(-1)).toBe(keyOf(provider));
      const shown = [json.text, page.text, event.text, used.text, ...app.log, JSON.stringify(events)].join('\n');
      expect(leaks(shown, provider)).toEqual([]);
    });

    it.each(['limited', 'failing', 'proxy'] as const)('are not what is answered: %s', async (mode) => {
      setMode(mode);
      for (const route of ['plain', 'used']) {
        const { status, body } = await agent.get(`/sdk/${index}/${route}`);
        // Nest itself answers a plain object with a status as it is.
        expect([status >= 400, String(body.code)]).toEqual([true, expect.not.stringContaining('BYOK')]);
      }
      expect(refusals()).toEqual([]);
    });

    // Its errors have no address, and its SDK is used for nothing else.
    if (name !== 'groq-sdk')
      it.each(['plain', 'used'])('are not what another service answers: %s', async (route) => {
        elsewhere = internal.url;
        const { body } = await agent.get(`/sdk/${index}/${route}`);
        expect(String(body.code)).not.toContain('BYOK');
        expect(refusals()).toEqual([]);
      });

    it('are not that nobody is there', async () => {
      elsewhere = 'http://127.0.0.1:1';
      await agent.get(`/sdk/${index}/plain`).expect(500);
      expect(inspect(thrown, { depth: 6 })).toMatch(/ECONNREFUSED|connection error|bad port/i);
      expect(refusals()).toEqual([]);
    });
  });

  it.each(['axios', 'ai with openai', 'fetch, its response thrown', "undici's fetch, its response as a cause"])(
    'are not the same answer from another address, through %s',
    async (name) => {
      setMode('refused');
      elsewhere = standIns.get('groq')!.url;
      const { status } = await agent.get(`/sdk/${Object.keys(SDKS).indexOf(name)}/plain`);
      elsewhere = copy.url;
      const second = await agent.get(`/sdk/${Object.keys(SDKS).indexOf(name)}/plain`);
      expect([status, second.status]).toEqual([500, 500]);
      expect(refusals()).toEqual([]);
    },
  );

  it('are reported by streamText, which shows them to its callback alone', async () => {
    setMode('refused');
    await agent.get('/streamed').expect(200, '');
    expect(reported).toMatchObject({ code: 'BYOK_KEY_REFUSED', provider: 'openai' });
    expect(leaks(inspect(reported, { depth: 6, showHidden: true }), 'openai')).toEqual([]);
    expect(refusals()).toHaveLength(1);
  });

  it('are searched for keys by a search that finds those in the errors of axios', async () => {
    setMode('refused');
    await agent.get(`/sdk/${Object.keys(SDKS).indexOf('axios')}/plain`).expect(403);
    expect(leaks(inspect(thrown, { depth: 6 }), 'openai')).not.toEqual([]);
    expect(leaks(JSON.stringify(thrown), 'openai')).not.toEqual([]);
  });
});
