import { Module, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import session from 'express-session';
import type { ByokService } from 'nestjs-byok';

type Json = Record<string, unknown>;

/** A running application made of what a snippet shows. */
export interface SnippetApp {
  url: string;
  byok: ByokService;
  nest: INestApplication;
  /** Sends a request of a signed-in user, as a page of this site would. */
  send(user: string | undefined, method: string, path: string, body?: Json): Promise<{ status: number; body: Json }>;
  /** The cookie that requests carry. */
  cookie(): string | undefined;
  close(): Promise<void>;
}

/** Starts modules with what a snippet leaves to the reader: sessions, and an authentication that sets `request.user`. */
export async function startSnippet(
  service: Type<ByokService>,
  ...imports: NonNullable<Parameters<typeof Module>[0]['imports']>
): Promise<SnippetApp> {
  class SnippetModule {}
  Module({ imports })(SnippetModule);
  const nest = await NestFactory.create<NestExpressApplication>(SnippetModule, { logger: false, abortOnError: false });
  nest.use(session({ secret: 'a-secret-of-the-tests', resave: false, saveUninitialized: false }));
  nest.use(
    (
      request: { headers: Record<string, string>; user?: Json; account?: Json },
      _response: unknown,
      next: () => void,
    ) => {
      // `una@red`: in a team, which `lead` leads.
      const [id, teamId] = (request.headers['x-test-user'] ?? '').split('@');
      const team = teamId === undefined ? {} : { teamId, isLead: id === 'lead' };
      if (id) Object.assign(request, { user: { id, ...team }, account: { id: `account-${id}` } });
      next();
    },
  );
  await nest.listen(0, '127.0.0.1');
  const url = await nest.getUrl();
  let cookie: string | undefined;
  const send: SnippetApp['send'] = async (user, method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        'sec-fetch-site': 'same-origin',
        ...(user && { 'x-test-user': user }),
        ...(cookie && { cookie }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as Json) : { text } };
  };
  return { url, byok: nest.get(service), nest, send, cookie: () => cookie, close: () => nest.close() };
}
