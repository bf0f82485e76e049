import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { All, Catch, Controller, Get, Post, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { Response } from 'express';
import { sameOriginPath } from '../../lib/http/index.js';
import { RequireAnyApiKey, RequireApiKey } from '../../lib/index.js';
import { type EdgeApp, KEY, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';

@Controller()
class Guarded {
  @Get('chat')
  @RequireApiKey('openai')
  chat() {
    return 'chatted';
  }

  @Post('chat')
  @RequireApiKey('openai', { label: 'work' })
  post() {
    return 'posted';
  }

  @Get('either')
  @RequireAnyApiKey(['open-router', 'anthropic'])
  either() {
    return 'either';
  }

  @All('deep/*')
  @RequireApiKey('openai')
  deep() {
    return 'deep';
  }
}

@Catch()
class CatchAll implements ExceptionFilter {
  catch(_: unknown, host: ArgumentsHost) {
    host.switchToHttp().getResponse<Response>().status(500).send('caught');
  }
}

const HTML = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

/** What is in a page's hidden inputs. */
function hidden(page: string, name: string): string | undefined {
  const value = new RegExp(`<input type="hidden" name="${name}" value="([^"]*)"`).exec(page)?.[1];
  return value?.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&lt;', '<');
}

describe.each(PLATFORMS)('A key that is missing on %s', (platform) => {
  let app: EdgeApp;

  beforeAll(async () => {
    app = await startEdge({
      platform,
      controllers: [Guarded],
      options: { rateLimit: false },
      providers: [{ provide: APP_FILTER, useClass: CatchAll }],
    });
  });
  afterAll(() => app.close());

  it.each([
    undefined,
    '*/*',
    'application/json',
    'application/json, text/html;q=0.9',
    'text/html;q=0',
    'text/plain',
    'text/*',
  ])('is JSON for who accepts %s, whatever filters the application has', async (accept) => {
    const test = (await app.browser('alice')).get('/chat');
    const { body, headers } = await (accept === undefined ? test : test.set('Accept', accept)).expect(403);
    expect(body).toEqual({
      statusCode: 403,
      code: 'BYOK_KEY_REQUIRED',
      message: 'An API key is required for: openai.',
      providers: ['openai'],
      manageUrl: '/byok',
    });
    expect(headers).toMatchObject(SECURITY_HEADERS);
    expect(headers['content-type']).toMatch(/^application\/json/);
  });

  it('is a page with a form, which leads back to where the person was', async () => {
    const agent = await app.browser('alice');
    const page = await agent.get('/chat?room=1&x=%22%3E').set('Accept', HTML).expect(403);
    expect(page.headers).toMatchObject(SECURITY_HEADERS);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.text).toContain('API key required');
    expect(page.text).toContain('action="/byok/keys/openai"');
    expect(page.text).not.toMatch(
      /<script(?! src=\"\/byok\/assets\/byok\.[0-9a-f]{16}\.js\" defer><\/script>)|javascript:|\son\w+=/i,
    );
    const form = { _csrf: hidden(page.text, '_csrf'), return_to: hidden(page.text, 'return_to') };
    expect(form.return_to).toBe('/chat?room=1&x=%22%3E');
    const saved = await agent
      .post('/byok/keys/openai')
      .type('form')
      .send({ ...form, api_key: KEY })
      .expect(303);
    expect(saved.headers.location).toBe('/chat?room=1&x=%22%3E');
    expect(saved.headers).toMatchObject(SECURITY_HEADERS);
    await agent.get(saved.headers.location).set('Accept', HTML).expect(200, 'chatted');
  });

  it('is a page with a form for each provider that would do, and for the label that is asked for', async () => {
    const agent = await app.browser('bob');
    const either = await agent.get('/either').set('Accept', HTML).expect(403);
    expect(either.text).toContain('Open Router or Anthropic');
    expect(either.text.match(/action="[^"]*"/g)).toEqual([
      'action="/byok/keys/open-router"',
      'action="/byok/keys/anthropic"',
    ]);
    const referer = `https://elsewhere.example/rooms/7?q=1#part`;
    const posted = await agent.post('/chat').set('Accept', HTML).set('Referer', referer).expect(403);
    expect(hidden(posted.text, 'label')).toBe('work');
    // Of another site's address only the path is left.
    expect(hidden(posted.text, 'return_to')).toBe('/rooms/7?q=1');
    const lost = await agent.post('/chat').set('Accept', HTML).set('Referer', 'no address').expect(403);
    expect(hidden(lost.text, 'return_to')).toBeUndefined();
  });

  it.each(['/deep//elsewhere.example', '/deep/%2f%2felsewhere.example', '/deep/%5c%5celsewhere.example', '/deep/ünï'])(
    'leads back to %s on this site and nowhere else',
    async (path) => {
      const agent = await app.browser('carol');
      const page = await agent.get(encodeURI(decodeURI(path))).set('Accept', HTML);
      const to = hidden(page.text, 'return_to');
      expect(new URL(to ?? '/', 'https://here.example').origin).toBe('https://here.example');
    },
  );

  it.each([
    '//elsewhere.example',
    '/\\elsewhere.example',
    '\\/elsewhere.example',
    '\\\\elsewhere.example',
    '///elsewhere.example',
    '/.//elsewhere.example',
    '/a/..//elsewhere.example',
    '/%2e//elsewhere.example',
    'https:elsewhere.example',
    'https://elsewhere.example',
    'HTTPS:/elsewhere.example',
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    '/\t/elsewhere.example',
    '/\n/elsewhere.example',
    '/\r\nSet-Cookie: a=b',
    '\t//elsewhere.example',
    ' //elsewhere.example',
    '/\u0000/elsewhere.example',
    '/\u200b/elsewhere.example',
    '@elsewhere.example',
    '.elsewhere.example',
    'elsewhere.example',
    '',
    '?a=b',
    '/' + 'x'.repeat(2048),
  ])('is saved, and leads to the dashboard instead of %j', async (to) => {
    const agent = await app.browser('dave');
    const page = await agent.get('/chat').set('Accept', HTML);
    const _csrf = hidden(page.text, '_csrf');
    const form = agent.post('/byok/keys/openai').type('form');
    const saved = await form.send({ _csrf, api_key: KEY, return_to: to }).expect(303);
    expect(saved.headers.location).toBe('/byok');
    expect(sameOriginPath(to)).toBeUndefined();
    await agent.delete('/byok/api/keys');
  });

  it.each([
    ['/', '/'],
    ['/chat', '/chat'],
    ['/chat?to=https://elsewhere.example//x', '/chat?to=https://elsewhere.example//x'],
    ['/%2f%2felsewhere.example', '/%2f%2felsewhere.example'],
    ['/%5c%5celsewhere.example', '/%5c%5celsewhere.example'],
    ['/／elsewhere.example', '/%EF%BC%8Felsewhere.example'],
    ['/ünï?é#ø', '/%C3%BCn%C3%AF?%C3%A9#%C3%B8'],
    ['/\u2028x', '/%E2%80%A8x'],
    ['/a/../b', '/b'],
    ['/https:elsewhere.example', '/https:elsewhere.example'],
  ])('leads back to %s as %s', (to, expected) => {
    expect(sameOriginPath(to)).toBe(expected);
    expect(new URL(expected, 'https://here.example').origin).toBe('https://here.example');
  });

  it.each([undefined, null, 7, {}, ['/a'], Symbol('/'), '/\ud800'])('leads nowhere for what is no text', (to) => {
    expect(sameOriginPath(to)).toBeUndefined();
  });
});

describe('The page for a missing key', () => {
  it('has no form where there are no pages to send it to, or no safe way', async () => {
    for (const options of [{ dashboard: false }, { https: 'block' }] as const) {
      const app = await startEdge({ controllers: [Guarded], options });
      try {
        const { text } = await (await app.browser('alice')).get('/chat').set('Accept', HTML).expect(403);
        expect(text).toContain('API key required');
        expect(text).not.toContain('<form');
      } finally {
        await app.close();
      }
    }
  });
});
