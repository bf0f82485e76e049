import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Res, Sse, StreamableFile } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { concat, of, throwError } from 'rxjs';
import { KeyNotFoundError } from '../../lib/index.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';

/** Of Express, and in Fastify's. */
const rawOf = (response: { raw?: ServerResponse }) => response.raw ?? (response as unknown as ServerResponse);

@Controller()
class Late {
  @Get('written')
  written(@Res() response: { raw?: ServerResponse }) {
    rawOf(response).writeHead(200, { 'content-type': 'text/plain' }).write('begun');
    throw new KeyNotFoundError();
  }

  @Get('later')
  async later(@Res() response: { raw?: ServerResponse }) {
    rawOf(response).writeHead(200, { 'content-type': 'text/plain' }).write('begun');
    await new Promise((resolve) => setImmediate(resolve));
    throw new KeyNotFoundError();
  }

  @Get('hijacked')
  hijacked(@Res() response: { raw?: ServerResponse; hijack?: () => void }) {
    response.hijack?.();
    rawOf(response).write('begun');
    throw new KeyNotFoundError();
  }

  @Get('ended')
  ended(@Res() response: { raw?: ServerResponse }) {
    rawOf(response).end('begun');
    throw new KeyNotFoundError();
  }

  @Get('streamed')
  streamed() {
    return new StreamableFile(
      Readable.from(
        (function* () {
          yield 'begun';
          throw new KeyNotFoundError();
        })(),
      ),
    );
  }

  @Sse('events')
  events() {
    return concat(
      of({ data: 'begun' }),
      throwError(() => new KeyNotFoundError()),
    );
  }

  /** Not begun: answered as ever. */
  @Get('before')
  before(@Res() _response: unknown) {
    throw new KeyNotFoundError();
  }
}

describe.each(PLATFORMS)('An error of the library after headers were sent, on %s', (platform) => {
  let app: EdgeApp;

  beforeAll(async () => {
    app = await startEdge({ platform, controllers: [Late] });
  });
  afterAll(() => app.close());

  /** What arrives until the response ends, or is cut off. */
  async function read(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`${app.url}/${path}`);
    let text = '';
    try {
      const decoder = new TextDecoder();
      for await (const chunk of response.body!) text += decoder.decode(chunk, { stream: true });
    } catch {
      text += ' (cut off)';
    }
    return { status: response.status, text };
  }

  it.each(['written', 'later', 'hijacked', 'ended'])('ends the response: %s', async (path) => {
    expect(await read(path)).toEqual({ status: 200, text: 'begun' });
  });

  it.each(['streamed', 'events'])('ends the response: %s', async (path) => {
    const { status, text } = await read(path);
    expect(status).toBe(200);
    expect(text).toContain('begun');
  });

  it('is answered if nothing was sent', async () => {
    const { status, text } = await read('before');
    expect([status, JSON.parse(text)]).toMatchObject([404, { code: 'BYOK_KEY_NOT_FOUND' }]);
  });
});
