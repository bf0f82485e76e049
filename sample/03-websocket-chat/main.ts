import { Controller, Get, Header, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { ApiKey, ByokModule, RequireApiKey } from 'nestjs-byok';
import { knownProvider } from 'nestjs-byok/providers';
import type { IncomingMessage, ServerResponse } from 'node:http';
import OpenAI from 'openai';
import { from, map, type Observable, switchMap } from 'rxjs';
import type { Socket } from 'socket.io';
import { PAGE } from './page.js';

@WebSocketGateway()
class ChatGateway {
  /** Sends the answer in parts, as it comes. */
  @SubscribeMessage('ask')
  @RequireApiKey('openai')
  ask(@ApiKey() apiKey: string, @MessageBody('text') text: string): Observable<{ event: string; data: string }> {
    const answer = new OpenAI({ apiKey }).chat.completions.create({
      model: 'gpt-4o-mini',
      stream: true,
      messages: [{ role: 'user', content: text }],
    });
    return from(answer).pipe(
      switchMap((stream) => from(stream)),
      map(({ choices }) => ({ event: 'part', data: choices[0]?.delta.content ?? '' })),
    );
  }
}

@Controller()
class PageController {
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return PAGE;
  }
}

@Module({
  imports: [
    ByokModule.forRoot({
      secret: process.env.BYOK_SECRET!,
      db: process.env.DATABASE_URL,
      storage: 'database',
      providers: { openai: knownProvider('openai', { baseUrl: process.env.OPENAI_BASE_URL }) },
      // Whose keys: who connected, never who a message says it is.
      resolveHolder: (context) => {
        const { user } = context.switchToWs().getClient<Socket>().handshake.auth as { user?: string };
        return user ? { userId: user } : undefined;
      },
    }),
  ],
  controllers: [PageController],
  providers: [ChatGateway],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
// In place of authentication, here and in the handshake: whoever names a user is that user.
app.use((request: IncomingMessage & { user?: object }, _: ServerResponse, next: () => void) => {
  const id = request.headers['x-demo-user'];
  if (id) request.user = { id };
  next();
});
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
console.log(`Listening on ${await app.getUrl()}/`);
