import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import https from 'node:https';
import { createServer, type AddressInfo, type LookupFunction, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Agent, fetch } from 'undici';
import { assertPublicUrl, InvalidInputError } from '../../lib/index.js';
import { PRIVATE, REFUSED, TAKEN } from './urls.js';

const PUBLIC = [{ address: '93.184.215.14', family: 4 }];
const answer =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const lookup = answer(PUBLIC[0].address);

describe('assertPublicUrl', () => {
  it.each(REFUSED)('refuses %s', async (_, urls) => {
    for (const url of urls) {
      const verdict = await assertPublicUrl(url, { lookup }).catch((error: unknown) => error);
      expect([url, verdict]).toEqual([url, expect.any(InvalidInputError)]);
      expect((verdict as Error).message).toMatch(/Write the https address of a public host, such as https:\/\/api\./);
      expect((verdict as Error).message).not.toMatch(/127|169\.254|password@/);
    }
  });

  it('takes public addresses, with the host as it was written', async () => {
    for (const url of TAKEN) {
      const target = await assertPublicUrl(url, { lookup }).catch((error: Error) => `${url}: ${error.message}`);
      expect(target).toMatchObject({ url: new URL(url) });
    }
    expect(REFUSED.flatMap(([, urls]) => urls).length + TAKEN.length).toBeGreaterThan(100);
  });

  it('takes hosts of private networks where it is told to, and never this machine or metadata', async () => {
    const options = { allowPrivate: true, lookup: answer('10.7.7.7') };
    for (const url of PRIVATE.taken) {
      expect(await assertPublicUrl(url, options).catch((error: Error) => `${url}: ${error.message}`)).toBeInstanceOf(
        Object,
      );
    }
    for (const url of PRIVATE.refused) {
      const verdict = await assertPublicUrl(url, options).catch((error: unknown) => error);
      expect([url, verdict]).toEqual([url, expect.any(InvalidInputError)]);
    }
    const toLoopback = { allowPrivate: true, lookup: answer('127.0.0.1') };
    await expect(assertPublicUrl('https://llm.internal/', toLoopback)).rejects.toThrow(InvalidInputError);
  });

  it.each([
    ['loopback', ['127.0.0.1']],
    ['a private one behind a public one', ['93.184.215.14', '10.0.0.1']],
    ['a mapped one', ['::ffff:169.254.169.254']],
    ['one with a zone', ['fe80::1%eth0']],
    ['unique local', ['2606:4700::1', 'fd00::1']],
    ['no address', ['example.com']],
  ])('refuses a name that stands for %s', async (_, addresses) => {
    await expect(assertPublicUrl('https://api.example.com/', { lookup: answer(...addresses) })).rejects.toThrow(
      InvalidInputError,
    );
  });

  it('says that it could not tell where the name cannot be resolved', async () => {
    const broken = [
      () => Promise.reject(new Error('getaddrinfo EAI_AGAIN')),
      () => {
        throw new Error('broken');
      },
      answer(),
      () => undefined as never,
    ];
    for (const each of broken) {
      await expect(assertPublicUrl('https://api.example.com/', { lookup: each })).rejects.toMatchObject({
        code: 'BYOK_UNAVAILABLE',
        message: 'The host of this address could not be resolved. Try again.',
      });
    }
    await expect(assertPublicUrl('https://no-such-name.invalid/')).rejects.toMatchObject({ code: 'BYOK_UNAVAILABLE' });
  });

  it('stops waiting for the resolver when it is told to', async () => {
    const controller = new AbortController();
    const waiting = assertPublicUrl('https://api.example.com/', {
      lookup: () => new Promise(() => undefined),
      signal: controller.signal,
    });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(assertPublicUrl('https://8.8.8.8/', { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('gives the pinned addresses in every form that a connection asks in', async () => {
    const target = await assertPublicUrl('https://api.example.com/', { lookup: answer('2606:4700::1', '1.1.1.1') });
    expect(target).toMatchObject({ address: '2606:4700::1', family: 6 });
    const ask = (options: Parameters<LookupFunction>[1]) =>
      new Promise((resolve) => target.lookup('elsewhere.example', options, (...got) => resolve(got)));
    const [six, four] = target.addresses;
    expect(await ask({})).toEqual([null, '2606:4700::1', 6]);
    expect(await ask({ family: 4 })).toEqual([null, '1.1.1.1', 4]);
    expect(await ask({ family: 'IPv6' })).toEqual([null, '2606:4700::1', 6]);
    expect(await ask({ all: true })).toEqual([null, [six, four]]);
    expect(await ask({ all: true, family: 4 })).toEqual([null, [four]]);
    const only4 = await assertPublicUrl('https://1.1.1.1/');
    const [error] = await new Promise<unknown[]>((resolve) =>
      only4.lookup('x', { family: 6 }, (...got) => resolve(got)),
    );
    expect(error).toMatchObject({ code: 'ENOTFOUND' });
  });

  describe('against a name that changes its answer', () => {
    let inside: Server;
    let port: number;
    /** What each connection to the inside began with. */
    let hits: string[];

    beforeAll(async () => {
      inside = createServer((socket: Socket) => {
        socket.on('error', () => undefined);
        socket.once('data', (hello) => {
          hits.push(hello.toString('latin1'));
          socket.destroy();
        });
      }).listen(0, '::');
      await once(inside, 'listening');
      port = (inside.address() as AddressInfo).port;
    });
    afterAll(() => void inside.close());
    beforeEach(() => {
      hits = [];
    });

    /** A resolver that is public when it is asked first, and the inside ever after. */
    function rebinding(first = PUBLIC[0].address) {
      let asked = 0;
      const next = () => (asked++ === 0 ? first : '127.0.0.1');
      const familyOf = (address: string) => (address.includes(':') ? 6 : 4);
      const forConnections: LookupFunction = (_, options, callback) => {
        const address = next();
        if (options.all) callback(null, [{ address, family: 4 }]);
        else callback(null, address, 4);
      };
      return { check: async () => [next()].map((address) => ({ address, family: familyOf(address) })), forConnections };
    }

    /** The answers to what a request asks for, until it fails or has waited long enough. */
    async function connect(url: URL, lookup: LookupFunction): Promise<unknown[]> {
      const answers: unknown[] = [];
      const watched: LookupFunction = (host, options, callback) =>
        lookup(host, options, (...got) => {
          answers.push(...[got[1]].flat());
          callback(...got);
        });
      const request = https.get(url, { lookup: watched, agent: false, timeout: 150 });
      request.on('timeout', () => request.destroy());
      await once(request, 'close').catch(() => undefined);
      return answers;
    }

    it('connects to what was checked, where a mere check connects to the inside', async () => {
      const url = new URL(`https://rebind.example.com:${port}/`);
      const naive = rebinding();
      await assertPublicUrl(url, { lookup: naive.check });
      await connect(url, naive.forConnections);
      expect(hits).toHaveLength(1);
      expect(hits[0]).toContain('rebind.example.com');

      hits = [];
      const target = await assertPublicUrl(url, { lookup: rebinding().check });
      const asked = await connect(target.url, target.lookup);
      expect(asked).toEqual(PUBLIC);
      expect(hits).toEqual([]);
    });

    it('does so in undici, too', async () => {
      const url = new URL(`https://rebind.example.com:${port}/`);
      const naive = rebinding();
      await assertPublicUrl(url, { lookup: naive.check });
      const open = new Agent({ connect: { lookup: naive.forConnections } });
      await expect(fetch(url, { dispatcher: open, redirect: 'manual' })).rejects.toThrow();
      expect(hits).toHaveLength(1);

      hits = [];
      const target = await assertPublicUrl(url, { lookup: rebinding().check });
      const dispatcher = new Agent({ connect: { lookup: target.lookup, timeout: 150 } });
      const signal = AbortSignal.timeout(300);
      await expect(fetch(target.url, { dispatcher, redirect: 'manual', signal })).rejects.toThrow();
      expect(hits).toEqual([]);
      await Promise.all([open.destroy(), dispatcher.destroy()]);
    });

    it('reaches the pinned host under its own name', async () => {
      const own = Object.values(networkInterfaces())
        .flatMap((found) => found ?? [])
        .find(({ address, internal }) => !internal && /^(10\.|192\.168\.|f[cd])/.test(address));
      if (!own) return console.warn('Skipped: this machine has no private address to connect to.');
      const url = `https://llm.internal:${port}/`;
      const target = await assertPublicUrl(url, { allowPrivate: true, lookup: rebinding(own.address).check });
      await connect(target.url, target.lookup);
      const dispatcher = new Agent({ connect: { lookup: target.lookup } });
      await fetch(target.url, { dispatcher }).catch(() => undefined);
      await dispatcher.destroy();
      expect(hits).toHaveLength(2);
      for (const hello of hits) expect(hello).toContain('llm.internal');
    });

    it('refuses the targets of redirects like any other address', async () => {
      const from = await assertPublicUrl('https://api.example.com/v1/', { lookup });
      for (const location of ['http://api.example.com/', '//127.0.0.1/', 'https://169.254.169.254/x', '//[::1]:443/']) {
        const next = assertPublicUrl(new URL(location, from.url), { lookup });
        await expect(next).rejects.toThrow(InvalidInputError);
      }
      const onward = await assertPublicUrl(new URL('/v2/', from.url), { lookup });
      expect(onward.url.href).toBe('https://api.example.com/v2/');
    });
  });
});
