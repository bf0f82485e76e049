import 'reflect-metadata';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import {
  ApiKey,
  ByokModule,
  ByokService,
  EncryptionService,
  RequireApiKey,
  ResolvedKey,
  type ResolvedApiKey,
  type StoredKey,
} from 'nestjs-byok';
import { renderToString } from 'nestjs-byok/views';

// An application of somebody else's. It is compiled to an ES module and to CommonJS, runs, and prints what it saw.

@Controller()
class ChatController {
  constructor(private readonly byok: ByokService) {}

  @Get('chat')
  @RequireApiKey('openai')
  async chat(@ApiKey() apiKey: string, @ResolvedKey() { source }: ResolvedApiKey) {
    return { apiKey, source, providers: await this.byok.listProviders({ userId: 'alice' }) };
  }
}

@Module({
  imports: [
    ByokModule.forRoot({
      secret: EncryptionService.generateSecret(),
      db: process.env['DATABASE_URL'],
      resolveUser: ({ headers }) => headers['x-user'] as string | undefined,
    }),
  ],
  controllers: [ChatController],
})
class AppModule {}

/** Names of the classes and functions that somebody who requires the package has in another copy. */
async function copies(): Promise<{ compared: number; different: string[] }> {
  const imported: Record<string, unknown> = await import('nestjs-byok');
  const required = createRequire(join(process.cwd(), 'app.js'))('nestjs-byok') as Record<string, unknown>;
  const names = Object.keys(imported).filter((name) => typeof imported[name] === 'function');
  return { compared: names.length, different: names.filter((name) => imported[name] !== required[name]) };
}

async function main(): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const stored: StoredKey = await app.get(ByokService).setKey({ userId: 'alice' }, 'openai', process.env['TEST_KEY']!);
  const ask = async (user: string) =>
    (await fetch(`${await app.getUrl()}/chat`, { headers: { 'x-user': user } })).json();
  const pages = await fetch(`${await app.getUrl()}/byok`, { headers: { 'x-user': 'alice' } });
  console.log(
    JSON.stringify({
      stored,
      alice: await ask('alice'),
      bob: await ask('bob'),
      page: pages.status,
      copies: await copies(),
      isRequire: typeof require,
      rendered: typeof renderToString,
      node: process.versions.node.split('.')[0],
    }),
  );
  await app.close();
}

void main();
