import { Controller, Module, Post, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Request, Response } from 'express';
import { ByokModule, RequireApiKey, type ResolvedApiKey, ResolvedKey } from 'nestjs-byok';
import { knownProvider } from 'nestjs-byok/providers';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

const { OPENAI_BASE_URL: openai, ANTHROPIC_BASE_URL: anthropic } = process.env;

/** Where requests go, and how each provider takes its key. */
const UPSTREAMS: Record<string, { url: string; headers: (apiKey: string) => Record<string, string> }> = {
  openai: {
    url: `${openai ?? 'https://api.openai.com/v1'}/chat/completions`,
    headers: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  },
  anthropic: {
    url: `${anthropic ?? 'https://api.anthropic.com'}/v1/messages`,
    headers: (apiKey) => ({ 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' }),
  },
};

@Controller('relay')
class RelayController {
  @Post(':provider')
  @RequireApiKey((request) => request.params.provider)
  async relay(@ResolvedKey() key: ResolvedApiKey, @Req() request: Request, @Res() response: Response): Promise<void> {
    const { url, headers } = UPSTREAMS[key.provider];
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers(key.apiKey) },
      body: JSON.stringify(request.body),
      redirect: 'error', // a redirect would send the key elsewhere
      signal: gone.signal,
    });
    const unusable = answer.ok ? undefined : await key.report(answer);
    if (unusable) throw unusable;
    response.status(answer.status).type(answer.headers.get('content-type') ?? 'application/json');
    // A caller who leaves, or a provider that does: the answer ends there.
    await pipeline(answer.body ?? [], response).catch(() => response.destroy());
  }
}

@Module({
  imports: [
    ByokModule.forRoot({
      secret: process.env.BYOK_SECRET!,
      db: process.env.DATABASE_URL,
      storage: 'database',
      providers: {
        openai: knownProvider('openai', { baseUrl: openai }),
        anthropic: knownProvider('anthropic', { baseUrl: anthropic }),
      },
    }),
  ],
  controllers: [RelayController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
// In place of authentication: whoever names a user is that user.
app.use((request: IncomingMessage & { user?: object }, _: ServerResponse, next: () => void) => {
  const id = request.headers['x-demo-user'];
  if (id) request.user = { id };
  next();
});
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
console.log(`Listening on ${await app.getUrl()}/relay`);
