import { hkdfSync } from 'node:crypto';
import { ServiceUnavailableException } from '@nestjs/common';
import connectPgSimple from 'connect-pg-simple';
import type { RequestHandler } from 'express';
import session from 'express-session';
import type { Pool } from 'pg';

declare module 'express-session' {
  interface SessionData {
    /** Name of the signed-in user. */
    user?: string;
  }
}

declare module 'express-serve-static-core' {
  interface Request {
    /** Name of the user during sign-in, before the session has it. */
    user?: string;
  }
}

/** express-session in Postgres. The keys that sign its cookie are derived from the application's secrets. */
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
      next(error === undefined ? undefined : new ServiceUnavailableException('Sessions are unavailable. Try again.'));
    });
  };
}
