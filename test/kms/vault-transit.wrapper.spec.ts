import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { ConfigurationError, KeyWrapperError } from '../../lib/index.js';
import { type VaultTransitOptions, VaultTransitWrapper } from '../../lib/kms/vault-transit.wrapper.js';
import { VaultStandIn } from '../support/vault-stand-in.js';

const CONTEXT = { app: 'nestjs-byok', table: 'byok_keyring', keyId: '0123456789abcdef' };
const ROOT = randomBytes(32);
const call = () => ({ signal: AbortSignal.timeout(2_000) });

describe('VaultTransitWrapper', () => {
  let vault: VaultStandIn;
  const wrapper = (options: Partial<VaultTransitOptions> = {}) =>
    new VaultTransitWrapper({ address: vault.address, token: vault.token, key: 'byok', ...options });
  const failureOf = async (work: Promise<unknown>): Promise<KeyWrapperError> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(KeyWrapperError);
    // Nothing of what is secret, nor of what the service said.
    const printed = inspect(error, { depth: 20, showHidden: true });
    for (const text of [vault.token, ROOT.toString('base64'), 'permission denied', 'message authentication']) {
      expect(printed).not.toContain(text);
    }
    return error as KeyWrapperError;
  };

  beforeAll(async () => {
    vault = await VaultStandIn.start();
    vault.createKey('byok');
    vault.createKey('derived', { derived: true });
  });
  beforeEach(() => {
    Object.assign(vault, { sealed: false, latency: 0, cut: 0, failures: [], knowsAssociatedData: true });
  });
  afterAll(() => vault.stop());

  it.each(['byok', 'derived'])('gives back what it wrapped, for the same context only: key %s', async (key) => {
    const wrapped = await wrapper({ key }).wrap(ROOT, CONTEXT, call());
    expect(Buffer.from(wrapped).toString()).toMatch(/^vault:v1:[A-Za-z0-9+/=]+$/);
    const turned = { keyId: CONTEXT.keyId, table: CONTEXT.table, app: CONTEXT.app };
    expect(Buffer.from(await wrapper({ key }).unwrap(wrapped, turned, call()))).toEqual(ROOT);
    for (const name of Object.keys(CONTEXT)) {
      const other = { ...CONTEXT, [name]: 'another' };
      expect((await failureOf(wrapper({ key }).unwrap(wrapped, other, call()))).refused).toBe(true);
    }
  });

  it('speaks as the transit engine does', async () => {
    await wrapper({ namespace: 'team/a' }).wrap(ROOT, CONTEXT, call());
    expect(vault.calls.at(-1)).toBe('encrypt byok');
    expect(vault.last!.headers).toMatchObject({
      'x-vault-token': vault.token,
      'x-vault-namespace': 'team/a',
      'x-vault-request': 'true',
      'content-type': 'application/json',
    });
    const { plaintext, associated_data: data, context } = vault.last!.body;
    expect(plaintext).toBe(ROOT.toString('base64'));
    expect(JSON.parse(Buffer.from(data, 'base64').toString())).toEqual(CONTEXT);
    expect(context).toBe(data);
  });

  it('opens what an older version of the key wrapped', async () => {
    const wrapped = await wrapper().wrap(ROOT, CONTEXT, call());
    vault.rotateKey('byok');
    expect(Buffer.from(await wrapper().unwrap(wrapped, CONTEXT, call()))).toEqual(ROOT);
    expect(Buffer.from(await wrapper().wrap(ROOT, CONTEXT, call())).toString()).toMatch(/^vault:v2:/);
  });

  it('asks for the token before each call, where it is a function', async () => {
    let token = 'an-example-of-an-old-token';
    const asking = wrapper({ token: async () => `${token}\n` });
    expect(await failureOf(asking.wrap(ROOT, CONTEXT, call()))).toMatchObject({
      refused: true,
      message: expect.stringContaining("policy does not allow 'update'"),
    });
    token = vault.token;
    await asking.wrap(ROOT, CONTEXT, call());
    const failing = wrapper({ token: () => Promise.reject(new Error(`no ${vault.token}`)) });
    expect((await failureOf(failing.wrap(ROOT, CONTEXT, call()))).refused).toBe(false);
    expect((await failureOf(wrapper({ token: () => '' }).wrap(ROOT, CONTEXT, call()))).refused).toBe(true);
  });

  it.each<[string, boolean, () => void]>([
    ['a sealed Vault', false, () => (vault.sealed = true)],
    ['a cut connection', false, () => (vault.cut = 1)],
    ['a failure of its own', false, () => (vault.failures = [{ status: 500, body: { errors: ['1 error occurred'] } }])],
    ['too many requests', false, () => (vault.failures = [{ status: 429, body: { errors: ['rate limit'] } }])],
    ['a standby that redirects', false, () => (vault.failures = [{ status: 307 }])],
    ['no permission', true, () => (vault.failures = [{ status: 403, body: { errors: ['permission denied'] } }])],
    ['no such mount', true, () => (vault.failures = [{ status: 404, body: { errors: [] } }])],
    ['something else that answers', true, () => (vault.failures = [{ status: 200, body: 'hello' }])],
    ['an answer without data', true, () => (vault.failures = [{ status: 200, body: { data: null } }])],
    ['a Vault that knows no associated data', true, () => (vault.knowsAssociatedData = false)],
  ])('tells a refusal from an outage: %s (refused: %s)', async (_, refused, prepare) => {
    prepare();
    expect((await failureOf(wrapper().wrap(ROOT, CONTEXT, call()))).refused).toBe(refused);
  });

  it('waits no longer than it is told to', async () => {
    vault.latency = 60_000;
    const begun = performance.now();
    const failure = await failureOf(wrapper().wrap(ROOT, CONTEXT, { signal: AbortSignal.timeout(100) }));
    expect(failure.refused).toBe(false);
    expect(performance.now() - begun).toBeLessThan(40_000);
  });

  it('takes the token to nobody else', async () => {
    const seen: unknown[] = [];
    const other = createServer((request, response) => {
      seen.push(request.headers['x-vault-token']);
      response.end('{}');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const redirecting = createServer((_, response) => {
      const { port } = other.address() as AddressInfo;
      response.writeHead(307, { Location: `http://127.0.0.1:${port}/v1/transit/encrypt/byok` }).end();
    });
    await new Promise<void>((resolve) => redirecting.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}`;
    await failureOf(wrapper({ address }).wrap(ROOT, CONTEXT, call()));
    expect(seen).toEqual([]);
    // A client that follows takes it along.
    await fetch(`${address}/`, { method: 'POST', headers: { 'X-Vault-Token': 'an-example' }, body: '{}' });
    expect(seen).toEqual(['an-example']);
    for (const server of [other, redirecting]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('tells whether Vault serves', async () => {
    await wrapper().health(call());
    vault.sealed = true;
    expect((await failureOf(wrapper().health(call()))).refused).toBe(false);
    await failureOf(wrapper({ address: 'http://127.0.0.1:1' }).health(call()));
  });

  it('has an id that names the key, and shows nothing else', () => {
    expect(wrapper().id).toBe('vault-transit:transit/byok');
    expect(wrapper({ namespace: 'a', mount: 'kms/t' }).id).toBe('vault-transit:a/kms/t/byok');
    expect(wrapper({ id: 'mine' }).id).toBe('mine');
    const shown = [inspect(wrapper(), { showHidden: true, depth: 20 }), JSON.stringify(wrapper())].join();
    expect(shown).not.toContain(vault.token);
    expect(shown).toContain('vault-transit:transit/byok');
  });

  it.each<[string, Partial<Record<keyof VaultTransitOptions, unknown>>, RegExp]>([
    ['no address', { address: undefined }, /address must be a URL/],
    ['a password in the address', { address: 'https://a:b@vault' }, /address must be a URL/],
    ['http to another machine', { address: 'http://vault.example.com' }, /must be https.*allowHttp: true/],
    ['no token', { token: '' }, /token must be .* variable is empty/],
    ['a token that ends a line', { token: 'a\nb' }, /token must be/],
    ['a key that is a path', { key: '../keys' }, /key must be a transit key's name/],
    ['a mount that leaves', { mount: 'transit/../sys' }, /mount must be a path/],
    ['a namespace with a line break', { namespace: 'a\nb' }, /namespace must be/],
  ])('refuses %s', (_, options, message) => {
    const make = () => wrapper(options as Partial<VaultTransitOptions>);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
    expect(() => wrapper({ address: 'http://vault.example.com', allowHttp: true })).not.toThrow();
  });
});
