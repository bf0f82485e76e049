import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type ProviderStub, startProviderStub } from '../support/provider-stub.js';
import { type Sample, startSample, Visitor } from '../support/sample.js';

let database: TestDatabase;
let provider: ProviderStub;
let sample: Sample;

beforeAll(async () => {
  [database, provider] = await Promise.all([createDatabase(), startProviderStub()]);
  sample = await startSample({
    DATABASE_URL: database.url,
    PROVIDER_TIMEOUT_MS: '600000',
    TRUST_PROXY: 'loopback',
    ...provider.env,
  });
});

afterAll(async () => {
  const exit = await sample.end();
  await Promise.all([provider.close(), database.drop()]);
  expect(exit).toBe(0);
  // The one of the table that a spec takes away.
  expect(sample.output().match(/ERROR.*/g)).toEqual([expect.stringContaining('42P01')]);
});

let visitors = 0;

/** Somebody new, at an address of their own: writes are limited per address. */
function visitor(): Visitor {
  visitors++;
  return new Visitor(sample.url, { 'x-forwarded-for': `10.0.${visitors >> 8}.${visitors & 255}` });
}

/** The keys that the provider has received with a message. */
function keysFor(text: string): string[] {
  return provider.calls.filter((call) => call.text === text).map((call) => call.key);
}

const KEY_REQUIRED = { statusCode: 403, code: 'BYOK_KEY_REQUIRED', providers: ['openai'], manageUrl: '/byok' };

describe('A key', () => {
  it.each([
    ['by PUT', (alice: Visitor, key: string) => alice.store(key), 200],
    [
      'by the form',
      async (alice: Visitor, key: string) => (await alice.submit('/byok/keys/openai', { api_key: key })).status,
      303,
    ],
    [
      'by the form that names its provider',
      async (alice: Visitor, key: string) =>
        (await alice.submit('/byok/keys', { provider: 'openai', api_key: key })).status,
      303,
    ],
  ])('stored %s is what the provider receives', async (name, store, status) => {
    const alice = await visitor().signIn(`alice ${name}`);
    expect(await alice.chat(name)).toMatchObject({ status: 403, body: KEY_REQUIRED });
    expect(await store(alice, `key-of-alice-${status}-1f9c`)).toBe(status);
    expect(await alice.chat(name)).toMatchObject({ status: 200, body: { reply: `You said: ${name}` } });
    expect(keysFor(name)).toEqual([`key-of-alice-${status}-1f9c`]);
  });

  it('is used for its owner alone, whoever asks and when', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `owner${i}`);
    const owners = await Promise.all(names.map((name) => visitor().signIn(name)));
    const others = await Promise.all(names.map((name) => visitor().signIn(`no-key-${name}`)));
    // Each with a message of their own, before, while and after the owners store their keys.
    const ask = (): Promise<unknown>[] => [
      ...owners.map(async (owner, i) => {
        const { status } = await owner.chat(`from ${names[i]}`);
        return [200, 403].includes(status) || `${names[i]}: ${status}`;
      }),
      ...others.map(async (other) => (await other.chat('from somebody else')).status === 403),
    ];
    const stored = owners.map((owner, i) => owner.store(`key-of-${names[i]}-aaaa`));
    const answers = await Promise.all([...ask(), ...ask(), ...ask()]);
    expect(await Promise.all(stored)).toEqual(names.map(() => 200));
    answers.push(...(await Promise.all(Array.from({ length: 5 }, ask).flat())));
    expect(answers.filter((answer) => answer !== true)).toEqual([]);

    expect(keysFor('from somebody else')).toEqual([]);
    for (const name of names) {
      const keys = keysFor(`from ${name}`);
      expect(keys.length).toBeGreaterThanOrEqual(5);
      expect(new Set(keys)).toEqual(new Set([`key-of-${name}-aaaa`]));
    }
  });

  it('replaced is used on the very next request, and deleted is gone at once', async () => {
    const alice = await visitor().signIn('replacing alice');
    const elsewhere = await visitor().signIn('replacing alice');
    for (const end of ['aaaa', 'bbbb', 'cccc', 'dddd']) {
      expect(await alice.store(`key-that-is-replaced-${end}`)).toBe(200);
      await Promise.all([alice.chat(`with ${end}`), elsewhere.chat(`with ${end}`)]);
      expect(keysFor(`with ${end}`)).toEqual([`key-that-is-replaced-${end}`, `key-that-is-replaced-${end}`]);
    }
    expect(await alice.remove()).toBe(204);
    const after = await Promise.all([alice.chat('gone'), elsewhere.chat('gone')]);
    expect(after.map(({ status }) => status)).toEqual([403, 403]);
    expect(keysFor('gone')).toEqual([]);
    expect(await elsewhere.remove()).toBe(404);
  });

  it('of either provider does for a summary, the first named going first', async () => {
    const alice = await visitor().signIn('summarising alice');
    const summarise = () => alice.send('POST', '/summarise', { text: 'A long story' });
    const reply = 'You said: Summarise in one sentence:\n\nA long story';
    expect((await summarise()).body).toMatchObject({ ...KEY_REQUIRED, providers: ['openai', 'anthropic'] });
    await alice.store('key-for-anthropic-1f9c', 'anthropic');
    expect(await summarise()).toMatchObject({ status: 200, body: { reply, provider: 'anthropic' } });
    expect(provider.calls.at(-1)).toMatchObject({ path: '/v1/messages', key: 'key-for-anthropic-1f9c' });
    expect((await alice.chat()).status).toBe(403);
    await alice.store('key-for-openai-1f9c');
    expect((await summarise()).body).toEqual({ reply, provider: 'openai' });
    expect(provider.calls.at(-1)).toMatchObject({ path: '/v1/chat/completions', key: 'key-for-openai-1f9c' });
  });

  it('is asked for with a form where a browser has none', async () => {
    const alice = await visitor().signIn('browsing alice');
    const body = new URLSearchParams({ message: 'by form' });
    const page = await alice.send('POST', '/chat', body, { accept: 'text/html', referer: `${sample.url}/` });
    expect(page.status).toBe(403);
    expect(page.text).toMatch(/<form[^>]*action="\/byok\/keys\/openai"/);
    const token = /name="_csrf" value="([^"]+)"/.exec(page.text)![1];
    const back = /name="return_to" value="([^"]+)"/.exec(page.text)![1];
    const form = new URLSearchParams({ api_key: 'key-of-browsing-alice', _csrf: token, return_to: back });
    const saved = await alice.send('POST', '/byok/keys/openai', form);
    expect([saved.status, saved.headers.get('location')]).toEqual([303, '/']);
    expect((await alice.send('POST', '/chat', body)).body).toEqual({ reply: 'You said: by form' });
    expect(keysFor('by form')).toEqual(['key-of-browsing-alice']);
  });
});

describe('Signing in', () => {
  it('gives a new session, so that a fixed one is nobody', async () => {
    const alice = visitor();
    expect(await alice.store('key-of-a-visitor-1f9c')).toBe(200);
    const attacker = alice.at(sample.url);
    expect((await attacker.chat('before')).status).toBe(200);

    await alice.signIn('fixed alice');
    expect(alice.cookie).not.toBe(attacker.cookie);
    const fixed = attacker.cookie;
    for (let i = 0; i < 3; i++) {
      expect((await attacker.chat('after')).status).toBe(403);
      expect((await attacker.send('GET', '/byok/api/keys')).body).toEqual({ keys: [] });
      expect((await attacker.send('GET', '/')).text).not.toContain('fixed alice');
      attacker.cookie = fixed;
    }
    expect(keysFor('after')).toEqual([]);
  });

  it("adopts the visitor's key, but never over one that the user has", async () => {
    const first = visitor();
    await first.store('key-of-the-first-visit');
    expect((await first.send('GET', '/byok/api/keys')).body.keys).toMatchObject([{ source: 'session' }]);
    await first.signIn('adopting alice');
    expect((await first.send('GET', '/byok/api/keys')).body.keys).toMatchObject([{ source: 'database' }]);
    await first.chat('adopted');

    const second = visitor();
    await second.store('key-of-the-second-visit');
    await second.signIn('adopting alice');
    await second.chat('adopted');
    expect(keysFor('adopted')).toEqual(['key-of-the-first-visit', 'key-of-the-first-visit']);
  });

  it("leaves the visitor's key where it is when it cannot be adopted", async () => {
    const alice = visitor();
    await alice.store('key-of-an-unlucky-visitor');
    await database.query('ALTER TABLE user_api_keys RENAME TO elsewhere');
    try {
      expect((await alice.send('POST', '/session', { user: 'unlucky alice' })).status).toBe(503);
    } finally {
      await database.query('ALTER TABLE elsewhere RENAME TO user_api_keys');
    }
    expect((await alice.send('GET', '/')).text).not.toContain('unlucky');
    await alice.signIn('unlucky alice');
    await alice.chat('unlucky');
    expect(keysFor('unlucky')).toEqual(['key-of-an-unlucky-visitor']);
  });

  it('as another in the same session shows nothing of the one before', async () => {
    const shared = await visitor().signIn('alice before bob');
    await shared.store('key-of-alice-before-bob');
    await shared.signIn('bob after alice');
    expect((await shared.chat('shared')).status).toBe(403);
    expect((await shared.send('GET', '/byok/api/keys')).body).toEqual({ keys: [] });
    expect((await shared.send('GET', '/byok', undefined, { accept: 'text/html' })).text).not.toContain(
      'Delete the key',
    );
    await shared.signIn('alice before bob');
    expect((await shared.chat('shared')).status).toBe(200);
    expect(keysFor('shared')).toEqual(['key-of-alice-before-bob']);
  });

  it.each([
    ['DELETE', '/session', 204],
    ['POST', '/session/end', 303],
  ])('ends with %s %s', async (method, path, status) => {
    const alice = await visitor().signIn('leaving alice');
    await alice.store('key-of-leaving-alice');
    const stolen = alice.at(sample.url);
    expect((await alice.send(method, path)).status).toBe(status);
    for (const one of [alice, stolen]) {
      expect((await one.chat('left')).status).toBe(403);
      expect((await one.send('GET', '/byok/api/keys')).body).toEqual({ keys: [] });
    }
    expect(keysFor('left')).toEqual([]);
  });

  it('cannot be done by another site, which would be given the key that is stored next', async () => {
    const body = new URLSearchParams({ user: 'mallory' });
    const page = await visitor().send('POST', '/session', body, { 'sec-fetch-site': 'cross-site' });
    expect([page.status, page.headers.getSetCookie()]).toEqual([403, []]);
    const own = await visitor().send('POST', '/session', body);
    expect([own.status, own.headers.get('location')]).toEqual([303, '/']);
  });

  it.each([[''], [' '], [{ $ne: 1 }], [['alice']], [null], [7], ['x'.repeat(65)], ['a\nb']])(
    'refuses %j for a name',
    async (user) => {
      expect((await visitor().send('POST', '/session', { user })).status).toBe(400);
    },
  );
});

describe('A provider that fails', () => {
  it.each<[string, number, RegExp, Parameters<ProviderStub['on']>[1]]>([
    ['500', 502, /status 500/, ({ key }, response) => response.writeHead(500).end(`Broke over ${key}`)],
    ['401', 403, /refused the API key/, ({ key }, response) => response.writeHead(401).end(`{"error":"bad ${key}"}`)],
    ['429', 502, /status 429/, ({ key }, response) => response.writeHead(429).end(`{"error":"slower, ${key}"}`)],
    ['garbage', 502, /unknown format/, ({ key }, response) => response.writeHead(200).end(`{"choices":${key}`)],
    [
      'another form',
      502,
      /unknown format/,
      ({ key }, response) => response.writeHead(200).end(`{"choices":["${key}"]}`),
    ],
    ['null', 502, /unknown format/, (_, response) => response.writeHead(200).end('null')],
    ['hanging up', 502, /cannot be reached/, (_, response) => response.destroy()],
    [
      'a redirect',
      502,
      /cannot be reached/,
      (_, response) => response.writeHead(307, { location: `${provider.url}/v1/messages` }).end(),
    ],
  ])('with %s is told without the key', async (name, status, message, behaviour) => {
    provider.on(name, behaviour);
    const key = 'key-that-providers-quote-1f9c';
    const alice = await visitor().signIn(`alice and ${name}`);
    await alice.store(key);
    const answer = await alice.chat(name);
    expect(answer.status).toBe(status);
    expect(answer.body.message).toMatch(message);
    expect(answer.text + JSON.stringify([...answer.headers]) + sample.output()).not.toContain(key);
    // Once, and nowhere else.
    expect(keysFor(name)).toEqual([key]);
    expect((await alice.chat('still there')).status).toBe(200);
  });

  it.each<[string, Parameters<ProviderStub['on']>[1]]>([
    ['silence', () => undefined],
    ['half an answer', ({ key }, response) => response.writeHead(200).write(`{"choices":"${key}`)],
  ])('with %s is given up, and told without the key', async (name, behaviour) => {
    provider.on(name, behaviour);
    const env = { DATABASE_URL: database.url, PROVIDER_TIMEOUT_MS: '500', ...provider.env };
    const impatient = await startSample(env);
    const key = 'key-that-providers-quote-1f9c';
    const alice = await new Visitor(impatient.url).signIn(`alice and ${name}`);
    await alice.store(key);
    const answer = await alice.chat(name);
    expect(answer.status).toBe(504);
    expect(answer.body.message).toMatch(/too long/);
    expect(await impatient.end()).toBe(0);
    expect(answer.text + JSON.stringify([...answer.headers]) + impatient.output()).not.toContain(key);
    // Once, and nowhere else.
    expect(keysFor(name)).toEqual([key]);
    expect((await (await visitor().signIn(`alice and ${name}`)).chat('still there')).status).toBe(200);
  });

  it('is never asked with a key that no header can carry', async () => {
    const alice = await visitor().signIn('alice with an odd key');
    expect(await alice.store('ключ-для-примера')).toBe(422);
    expect(await alice.chat('odd')).toMatchObject({ status: 403 });
  });
});

describe('What a start prints to try it with', () => {
  it('has the answers that it promises', async () => {
    const printed = sample.output().replaceAll('\\\n', '').split('\n');
    const commands = printed.filter((line) => line.startsWith('curl '));
    let cookie = '';
    const statuses: number[] = [];
    for (const command of commands) {
      const [url] = /http:\S+/.exec(command)!;
      const headers = [...command.matchAll(/-H '([^:]+): ([^']+)'/g)].map(([, name, value]) => [name, value]);
      const response = await fetch(url.replace('localhost', '127.0.0.1'), {
        method: /-X (\w+)/.exec(command)?.[1] ?? 'POST',
        headers: { ...Object.fromEntries(headers), cookie },
        body: /-d '([^']+)'/.exec(command)![1],
      });
      cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
      statuses.push(response.status);
    }
    expect(printed.find((line) => line.startsWith('Expected answers'))).toMatch(/ 204, .* 403, .* 200, .* reply /);
    expect(statuses).toEqual([204, 403, 200, 200]);
  });
});
