import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { type ByokModuleOptions, HttpsGuard } from '../../lib/index.js';
import { type EdgeApp, KEY, SAME_SITE, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';

@Controller('own')
@UseGuards(HttpsGuard)
class Own {
  @Get()
  get() {
    return 'shown';
  }
}

const HTML = { accept: 'text/html' };

describe.each(PLATFORMS)('HttpsGuard on %s', (platform) => {
  let app: EdgeApp;

  afterEach(() => app.close());

  async function start(https: ByokModuleOptions['https'], trust?: unknown) {
    app = await startEdge({
      platform,
      options: { https },
      controllers: [Own],
      trust,
    });
    return (path: string, headers = {}, method = 'GET', body?: string) =>
      fetch(app.url + path, { method, headers, body, redirect: 'manual' });
  }
  const warnings = () => app.log.filter((line) => line.includes('unencrypted connection'));

  it('off: lets everything through and says nothing', async () => {
    const send = await start('off', 'loopback');
    expect((await send('/own', { 'x-forwarded-for': '203.0.113.7' })).status).toBe(200);
    expect(warnings()).toEqual([]);
  });

  it('warn: says so once an application, and not of loopback', async () => {
    const send = await start('warn', 'loopback');
    for (const path of ['/own', '/byok', '/byok/api/keys']) expect((await send(path)).status).toBe(200);
    expect(warnings()).toEqual([]);
    for (const path of ['/own', '/byok', '/byok/api/keys', '/own']) {
      expect((await send(path, { 'x-forwarded-for': '203.0.113.7' })).status).toBe(200);
    }
    expect(warnings()).toHaveLength(1);
    const secure = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' };
    expect((await send('/own', secure)).status).toBe(200);
    expect(warnings()).toHaveLength(1);
  });

  it('block: 403 for pages, JSON and the routes it is put on, without redirect; loopback is no exception', async () => {
    const send = await start('block');
    const refusal = {
      statusCode: 403,
      code: 'BYOK_HTTPS_REQUIRED',
      message: 'Use https: keys are not taken or shown over an unencrypted connection.',
    };
    const json = { ...SAME_SITE, 'content-type': 'application/json' };
    for (const answer of [
      await send('/own'),
      await send('/byok/api/keys'),
      await send('/byok/api/keys', SAME_SITE, 'DELETE'),
      await send('/byok/api/keys/openai', json, 'PUT', JSON.stringify({ apiKey: KEY })),
    ]) {
      expect(answer.status).toBe(403);
      expect(Object.fromEntries(answer.headers)).toMatchObject(SECURITY_HEADERS);
      expect(await answer.json()).toEqual(refusal);
    }
    const page = await send('/byok', HTML);
    expect([page.status, page.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8']);
    const text = await page.text();
    expect(text).toContain('Use https');
    expect(text).not.toContain('<form');
  });

  it('block: believes the headers of a proxy only where the platform trusts it', async () => {
    const https = { 'x-forwarded-proto': 'https' };
    const distrustful = await start('block');
    expect((await distrustful('/own', https)).status).toBe(403);
    expect((await distrustful('/own', { forwarded: 'proto=https', 'x-forwarded-ssl': 'on' })).status).toBe(403);
    await app.close();
    const other = await start('block', '203.0.113.0/24');
    expect((await other('/own', https)).status).toBe(403);
    await app.close();
    const trusting = await start('block', 'loopback');
    expect((await trusting('/own', https)).status).toBe(200);
    expect((await trusting('/byok/api/keys', https)).status).toBe(200);
    expect((await trusting('/own', { 'x-forwarded-proto': 'http' })).status).toBe(403);
    // A proxy that appends: the first is the client's word.
    expect((await trusting('/own', { 'x-forwarded-proto': 'https, http' })).status).toBe(403);
    expect((await trusting('/own')).status).toBe(403);
  });

  it.each<[string, 'block' | 'warn', Record<string, string>, string | undefined]>([
    [
      'trust proxy is not set',
      'block',
      { 'x-forwarded-proto': 'https' },
      "A request came as http with x-forwarded-proto: https; set trust proxy (Express: app.set('trust proxy', '<address>'), Fastify: trustProxy). It is refused, and write limits count all clients of the proxy as one.",
    ],
    [
      'trust proxy is not set, on the same machine',
      'warn',
      { 'x-forwarded-proto': 'https' },
      "A request came as http with x-forwarded-proto: https; set trust proxy (Express: app.set('trust proxy', '<address>'), Fastify: trustProxy). It counts as unencrypted, and write limits count all clients of the proxy as one.",
    ],
    [
      'the proxy appends',
      'block',
      { 'x-forwarded-proto': 'http, https' },
      "A request came with several values in x-forwarded-proto, of which the first may be the client's; have the proxy replace the header instead of appending to it. It is refused, and write limits count all clients of the proxy as one.",
    ],
    [
      'the proxy uses another header',
      'block',
      { forwarded: 'for=192.0.2.1;proto=https' },
      'A request came as http with forwarded, which neither Express nor Fastify reads; have the proxy send x-forwarded-proto and set trust proxy to its address. It is refused, and write limits count all clients of the proxy as one.',
    ],
    ['there is no proxy', 'block', {}, undefined],
    ['the client came as http', 'block', { 'x-forwarded-proto': 'http' }, undefined],
  ])('logs once an application why https is not recognised: %s', async (_, https, headers, line) => {
    const send = await start(https);
    for (const path of ['/byok', '/own', '/byok/api/keys']) {
      expect((await send(path, headers)).status).toBe(https === 'block' ? 403 : 200);
    }
    expect(app.log).toEqual(line === undefined ? [] : [expect.stringContaining(line)]);
  });
});
