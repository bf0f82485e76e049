import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ApiKey, type ByokRequest, RequireApiKey } from '../../lib/index.js';
import { type EdgeApp, KEY, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

/** A guard that reads a token, as that of a JWT does. */
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest<ByokRequest>();
    const [, name] = /^Bearer (\w+)$/.exec(request.headers.authorization as string) ?? [];
    if (name !== undefined) request.user = { id: name };
    return true;
  }
}

/** Loads the user anew, as one that reads roles does: another object for the same user. */
class LoadUserGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest<ByokRequest & { user?: object }>();
    if (request.user) request.user = { ...request.user, roles: [] };
    return true;
  }
}

@Controller('order')
class Order {
  @Get('above')
  @UseGuards(TokenGuard)
  @RequireApiKey('openai')
  above(@ApiKey() key: string) {
    return { key };
  }

  @Get('below')
  @RequireApiKey('openai')
  @UseGuards(TokenGuard)
  below(@ApiKey() key: string) {
    return { key };
  }

  @Get('loads')
  @UseGuards(LoadUserGuard)
  @RequireApiKey('openai')
  loads(@ApiKey() key: string) {
    return { key };
  }
}

@Controller('on-class')
@RequireApiKey('openai')
class OnClass {
  @Get()
  @RequireApiKey('openai')
  @UseGuards(TokenGuard)
  one(@ApiKey() key: string) {
    return { key };
  }
}

const keyOf = (user: string) => `${KEY}-of-${user}`;

describe.each(PLATFORMS)('Guards that sign users in, on %s', (platform) => {
  let database: TestDatabase;
  let app: EdgeApp;

  beforeAll(async () => {
    database = await createDatabase();
    app = await startEdge({ platform, options: { db: database.url }, controllers: [Order, OnClass] });
    for (const userId of ['alice', 'bob']) await app.byok.setKey({ userId }, 'openai', keyOf(userId));
  });
  beforeEach(() => {
    app.log.length = 0;
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const ask = (path: string, token: string, session?: string) => {
    const headers = { authorization: `Bearer ${token}`, ...(session && { 'x-test-user': session }) };
    return fetch(`${app.url}/${path}`, { headers });
  };

  it('work below the decorator, and say above it that they are too late', async () => {
    expect(await (await ask('order/below', 'alice')).json()).toEqual({ key: keyOf('alice') });
    // Without a session.
    const bare = await startEdge({
      platform,
      options: { db: database.url },
      controllers: [Order],
      sessions: false,
    });
    try {
      const answer = await fetch(`${bare.url}/order/above`, { headers: { authorization: 'Bearer alice' } });
      expect(answer.status).toBe(401);
      const { code, message } = (await answer.json()) as { code: string; message: string };
      expect(code).toBe('BYOK_USER_REQUIRED');
      expect(message).toMatch(/no user yet.*Guards that sign users in must run before ApiKeyGuard/);
      const plain = await fetch(`${bare.url}/order/below`);
      expect(((await plain.json()) as { message: string }).message).toBe(
        'Sign in first: this request has no user yet, and it has no session: session middleware must run before.',
      );
    } finally {
      await bare.close();
    }
  });

  it('are named in the log where a visitor is refused, once', async () => {
    const fresh = await startEdge({ platform, options: { db: database.url }, controllers: [Order] });
    try {
      for (let i = 0; i < 2; i++) {
        const answer = await fetch(`${fresh.url}/order/above`, { headers: { authorization: 'Bearer alice' } });
        expect(answer.status).toBe(403);
      }
      const lines = fresh.log.filter((line) => line.includes('unread Authorization header'));
      expect(lines.length).toBeLessThanOrEqual(1);
      if (platform === 'express') expect(lines).toEqual([expect.stringMatching(/Order\.above\(\).*TokenGuard/)]);
    } finally {
      await fresh.close();
    }
  });

  it("never lead to a handler of one user with another's key", async () => {
    expect(await (await ask('order/above', 'bob', 'bob')).json()).toEqual({ key: keyOf('bob') });
    const answer = await ask('order/above', 'bob', 'alice');
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).toMatch(/BYOK_CONFIGURATION.*the user of the request changed after ApiKeyGuard had resolved the keys/);
    expect(text).not.toContain(KEY);
    // The guard of the class has resolved alice's, that of the method resolves bob's.
    expect(await (await ask('on-class', 'bob', 'alice')).json()).toEqual({ key: keyOf('bob') });
  });

  it('may load the same user anew', async () => {
    expect(await (await ask('order/loads', 'x', 'alice')).json()).toEqual({ key: keyOf('alice') });
    expect((await ask('order/loads', 'x', 'carol')).status).toBe(403);
  });
});
