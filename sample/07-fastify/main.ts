import cookie from '@fastify/cookie';
import session from '@fastify/session';
import { Body, Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiKey, ByokModule, RequireApiKey } from 'nestjs-byok';
import { knownProvider } from 'nestjs-byok/providers';
import { createHash } from 'node:crypto';
import OpenAI from 'openai';

@Controller('chat')
class ChatController {
  @Post()
  @RequireApiKey('openai')
  async chat(@ApiKey() apiKey: string, @Body('message') message: string) {
    const { choices } = await new OpenAI({ apiKey }).chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: message }],
    });
    return { reply: choices[0].message.content };
  }
}

@Module({
  imports: [
    ByokModule.forRoot({
      secret: process.env.BYOK_SECRET!,
      storage: 'session',
      providers: { openai: knownProvider('openai', { baseUrl: process.env.OPENAI_BASE_URL }) },
    }),
  ],
  controllers: [ChatController],
})
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: ['error', 'warn'],
});
await app.register(cookie);
await app.register(session, {
  secret: createHash('sha256').update(`session ${process.env.BYOK_SECRET}`).digest('hex'),
  saveUninitialized: false,
  cookie: { secure: 'auto', sameSite: 'lax' },
});
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000, '0.0.0.0');
console.log(`Listening on ${await app.getUrl()}/byok`);
