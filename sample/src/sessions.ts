import { hkdfSync } from 'node:crypto';
import { ServiceUnavailableException } from '@nestjs/common';
import connectPgSimple from 'connect-pg-simple';
import type { RequestHandler } from 'express';
import session from 'express-session';
import type { Pool } from 'pg';

declare module 'express-session' {
  interface SessionData {
    /** Name of the demo user who is signed in. */
    user?: string;
  }
}

declare module 'express-serve-static-core' {
  interface Request {
    /** Name of the demo user who is signing in, before there is a session of theirs. */
    user?: string;
  }
}

/** express-session in Postgres. Its cookie is signed with keys of its own, made from the application's secrets. */
export function sessions(pool: Pool, secrets: string[]): RequestHandler {
  const PgStore = connectPgSimple(session);
  const handle = session({
    name: 'sample.sid',
    store: new PgStore({ pool, createTableIfMissing: true }),
    secret: secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', 'sample/session', 32)).toString('hex')),
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: 7 * 24 * 60 * 60 * 1000 },
  });
  return (request, response, next) => {
    handle(request, response, (error?: unknown) => {
      next(
        error === undefined ? undefined : new ServiceUnavailableException('Not available at the moment. Try again.'),
      );
    });
  };
}
