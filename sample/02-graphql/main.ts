import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Args, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { ApiKey, ByokModule, RequireApiKey } from 'nestjs-byok';
import { knownProvider } from 'nestjs-byok/providers';
import type { IncomingMessage, ServerResponse } from 'node:http';
import OpenAI from 'openai';

@Resolver()
class ChatResolver {
  @Query(() => String)
  hello(): string {
    return 'Hello';
  }

  @Mutation(() => String)
  @RequireApiKey('openai')
  async ask(@ApiKey() apiKey: string, @Args('message') message: string): Promise<string | null> {
    const { choices } = await new OpenAI({ apiKey }).chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: message }],
    });
    return choices[0].message.content;
  }
}

@Module({
  imports: [
    ByokModule.forRoot({
      secret: process.env.BYOK_SECRET!,
      db: process.env.DATABASE_URL,
      storage: 'database',
      providers: { openai: knownProvider('openai', { baseUrl: process.env.OPENAI_BASE_URL }) },
    }),
    GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
  ],
  providers: [ChatResolver],
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
console.log(`Listening on ${await app.getUrl()}/graphql`);
