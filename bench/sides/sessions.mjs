import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import session from 'express-session';

const SECRET = 'a-secret-for-the-cookies-of-a-benchmark-only';

/** Sessions in memory, in front of every route. */
export async function mountSessions(app, platform) {
  if (platform === 'fastify') {
    await app.register(fastifyCookie);
    await app.register(fastifySession, { secret: SECRET, saveUninitialized: false, cookie: { secure: false } });
  } else {
    app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }));
  }
}
