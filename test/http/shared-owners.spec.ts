import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import type { Agent } from 'supertest';
import {
  ApiKey,
  type ByokEvent,
  type ByokRequest,
  RequireAnyApiKey,
  RequireApiKey,
  type ResolvedApiKey,
  ResolvedKey,
} from '../../lib/index.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import { AnswerCheck } from '../support/open-api.js';
import { PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { mutatingRoutes } from '../support/routes.js';

const TEAM_KEY = 'an-example-of-a-team-key-2a7d';
const OTHER_KEY = 'an-example-of-another-key-5d3c';
const PLATFORM_KEY = 'an-example-of-a-platform-key-3b8e';

/** Who is in which team; `lead-…` manages it. */
function teamOf({ user }: ByokRequest): string | undefined {
  return /-(red|blue)$/.exec((user as { id?: string } | undefined)?.id ?? '')?.[1];
}

@Controller('chat')
class Chat {
  @Get()
  @RequireApiKey('openai', { from: ['user', 'team'] })
  chat(@ResolvedKey() key: ResolvedApiKey) {
    return { owner: key.owner, hint: key.apiKey.slice(-4) };
  }

  @Get('team')
  @RequireApiKey('openai', { from: ['team'] })
  team(@ApiKey() apiKey: string) {
    return { hint: apiKey.slice(-4) };
  }

  @Get('any')
  @RequireAnyApiKey(['anthropic', 'openai'], { from: ['user', 'team', 'platform'] })
  any(@ResolvedKey() { provider, owner }: ResolvedApiKey) {
    return { provider, owner };
  }

  @Get('platform')
  @RequireApiKey('anthropic', { from: ['platform'] })
  platform(@ApiKey() apiKey: string) {
    return { hint: apiKey.slice(-4) };
  }

  @Get('refused')
  @RequireApiKey('openai', { from: ['team'] })
  refused() {
    throw Object.assign(new Error('of the provider'), { status: 401, error: { code: 'invalid_api_key' } });
  }
}

describe.each(PLATFORMS)('Keys that a team shares, on %s', (platform) => {
  let database: TestDatabase;
  let app: EdgeApp;
  let events: ByokEvent[];
  const check = new AnswerCheck({ sharedOwners: ['team'] });

  beforeAll(async () => {
    database = await createDatabase();
    app = await startEdge({
      platform,
      controllers: [Chat],
      options: {
        db: database.url,
        rateLimit: false,
        audit: true,
        onEvent: (event) => void events.push(event),
        providers: { openai: { readFailure: ({ status }) => (status === 401 ? { outcome: 'refused' } : undefined) } },
        sharedOwners: {
          team: {
            resolve: teamOf,
            canManage: async ({ user }, id) => (user as { id: string }).id === `lead-${id}`,
            name: (_request, id) => `Team ${id}`,
          },
        },
        platformKeys: { anthropic: PLATFORM_KEY },
      },
    });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  beforeEach(async () => {
    events = [];
    await database.query('DELETE FROM user_api_keys');
  });

  const team = (id: string) => ({ owner: { kind: 'team', id } });

  it('are managed over the JSON API by those who may, and used by all of the team', async () => {
    const [lead, member, stranger] = await Promise.all(['lead-red', 'ann-red', 'bob'].map((user) => app.browser(user)));
    const path = '/byok/api/keys/openai';
    const stored = await lead.put(`${path}?owner=team`).send({ apiKey: TEAM_KEY }).expect(200);
    expect(stored.body).toMatchObject({ provider: 'openai', hint: '…2a7d', source: 'database' });
    expect((await lead.get('/byok/api/keys').expect(200)).body).toEqual({ keys: [] });
    const listed = await lead.get('/byok/api/keys?owner=team').expect(200);
    expect(listed.body).toEqual({
      owner: { kind: 'team', name: 'Team red' },
      canManage: true,
      keys: [expect.objectContaining({ provider: 'openai', hint: '…2a7d' })],
    });
    const seen = await member.get('/byok/api/keys?owner=team').expect(200);
    expect(seen.body).toEqual({
      owner: { kind: 'team', name: 'Team red' },
      canManage: false,
      keys: [{ provider: 'openai' }],
    });
    for (const { status, body, headers } of [listed, seen]) {
      const answer = { path: '/byok/api/keys', method: 'get', status, body, headers };
      expect(check.faultsOf(answer as never)).toEqual([]);
    }
    await stranger.get('/byok/api/keys?owner=team').expect(403);
    expect((await member.get('/chat').expect(200)).body).toEqual({
      owner: { kind: 'team', id: 'red' },
      hint: '2a7d',
    });
    await stranger.get('/chat').expect(403);
    expect(events.filter(({ type }) => type === 'stored' || type === 'used')).toMatchObject([
      { type: 'stored', owner: { kind: 'team', id: 'red' }, actor: { kind: 'user', id: 'lead-red' } },
      { type: 'used', owner: { kind: 'team', id: 'red' }, actor: { kind: 'user', id: 'ann-red' } },
    ]);
    const patched = { label: 'ci', expiresAt: '2999-01-01T00:00:00Z' };
    await lead.patch(`${path}?owner=team&label=default`).send(patched).expect(200);
    await lead.put(`${path}/default?owner=team`).send({ label: 'ci' }).expect(200);
    await lead.post(`${path}/check?owner=team`).expect(200);
    await lead.delete(`${path}?owner=team&label=ci`).expect(204);
    await lead.put(`${path}?owner=team`).send({ apiKey: OTHER_KEY }).expect(200);
    await lead.delete('/byok/api/keys?owner=team').expect(204);
    expect((await lead.get('/byok/api/keys?owner=team')).body.keys).toEqual([]);
  });

  it('are refused to everyone else on every route that writes, and nothing changes', async () => {
    await app.byok.setKey(team('red'), 'openai', TEAM_KEY);
    const rows = () => database.query('SELECT * FROM user_api_keys ORDER BY owner_id, label');
    const before = await rows();
    const routes = mutatingRoutes(app.nest, '/byok');
    expect(routes).toHaveLength(13);
    for (const user of ['ann-red', 'lead-blue', 'bob', undefined]) {
      const agent = await app.browser(user);
      // What is refused is not refused for want of a token.
      const token = /name="_csrf" value="([^"]+)"/.exec((await agent.get('/byok')).text)?.[1];
      const queries = ['owner=red', 'owner[]=team', 'owner=team&owner=team'];
      // Another team cannot be named.
      if (user !== 'lead-blue') queries.push('owner=team', 'owner=team&ownerId=red&id=red&team=red');
      for (const { method, path } of routes) {
        const isJson = path.startsWith('/byok/api');
        for (const query of queries) {
          const request = agent[method.toLowerCase() as 'post'](`${path.replace(':provider', 'openai')}?${query}`);
          const body = { apiKey: OTHER_KEY, label: 'default' };
          const form = { _csrf: token, api_key: OTHER_KEY, label: 'default', provider: 'openai' };
          const { status, text } = await (isJson ? request.send(body) : request.type('form').send(form));
          expect([user, method, path, query, status]).toEqual([user, method, path, query, expect.any(Number)]);
          expect([user, path, query, status >= 400 && status < 500]).toEqual([user, path, query, true]);
          expect(text).not.toContain('2a7d');
          if (user !== undefined && query === 'owner=team' && !isJson) expect(text).toContain('BYOK_FORBIDDEN');
        }
      }
    }
    // Its own team's, whatever else a request says.
    const blue = await app.browser('lead-blue');
    await blue.delete('/byok/api/keys?owner=team&ownerId=red&id=red&team=red').expect(204);
    await blue.put('/byok/api/keys/openai?owner=team&ownerId=red').send({ apiKey: OTHER_KEY }).expect(200);
    expect(await rows()).toEqual([expect.objectContaining({ owner_kind: 'team', owner_id: 'blue' }), ...before]);
  });

  it('are not asked for where a route takes other keys', async () => {
    await app.byok.setKey(team('red'), 'openai', TEAM_KEY);
    await app.byok.setKey({ userId: 'ann-red' }, 'openai', OTHER_KEY);
    const [ann, bob, visitor] = await Promise.all(['ann-red', 'bob', undefined].map((user) => app.browser(user)));
    expect((await ann.get('/chat').expect(200)).body).toEqual({ owner: { kind: 'user', id: 'ann-red' }, hint: '5d3c' });
    expect((await ann.get('/chat/team').expect(200)).body).toEqual({ hint: '2a7d' });
    expect((await ann.get('/chat/any').expect(200)).body.owner).toEqual({ kind: 'user', id: 'ann-red' });
    expect((await bob.get('/chat/any').expect(200)).body).toEqual({
      provider: 'anthropic',
      owner: { kind: 'platform', id: 'platform' },
    });
    expect((await visitor.get('/chat/platform').expect(200)).body).toEqual({ hint: '3b8e' });
    const missing = await bob.get('/chat/team').expect(403);
    expect(missing.body).toMatchObject({ code: 'BYOK_KEY_REQUIRED', providers: ['openai'], from: ['team'] });
  });

  it('are reported as refused to a member, who cannot replace them', async () => {
    await app.byok.setKey(team('red'), 'openai', TEAM_KEY);
    const member = await app.browser('ann-red');
    const { body } = await member.get('/chat/refused').expect(403);
    expect(body).toMatchObject({ code: 'BYOK_KEY_REFUSED', provider: 'openai', owner: 'team' });
    const page = await member.get('/chat/refused').set('Accept', 'text/html').expect(403);
    expect(page.text).toContain('The key is shared, so only someone who manages it can change that.');
    expect(page.text).not.toMatch(/2a7d|<form/);
    const required = await (await app.browser('ann-blue')).get('/chat/team').set('Accept', 'text/html').expect(403);
    expect(required.text).toContain('This needs a shared API key for');
    expect(required.text).not.toContain('<form');
    expect(await app.byok.listKeys(team('red'))).toMatchObject([{ lastCheck: { outcome: 'refused', by: 'use' } }]);
  });

  it('have a section on the page, with forms for those who manage them', async () => {
    await app.byok.setKey(team('red'), 'openai', TEAM_KEY);
    const [lead, member, stranger] = await Promise.all(['lead-red', 'ann-red', 'bob'].map((user) => app.browser(user)));
    const seen = (await member.get('/byok').expect(200)).text;
    expect(seen).toContain('Keys of Team red');
    expect(seen).not.toMatch(/2a7d|\?owner=team/);
    expect((await stranger.get('/byok').expect(200)).text).not.toContain('Team');
    const page = (await lead.get('/byok').expect(200)).text;
    expect(page).toContain('…2a7d');
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const token = /name="_csrf" value="([^"]+)"/.exec(page)![1];
    const actions = [...page.matchAll(/action="([^"]+\?owner=team)"/g)].map(([, action]) => action);
    expect(new Set(actions)).toEqual(
      new Set(['', '/openai', '/openai/edit', '/openai/delete'].map((part) => `/byok/keys${part}?owner=team`)),
    );
    const send = (agent: Agent, path: string, form: object) =>
      agent
        .post(path)
        .type('form')
        .send({ _csrf: token, ...form });
    await send(lead, '/byok/keys/openai?owner=team', { api_key: OTHER_KEY, label: 'default' }).expect(303);
    expect((await lead.get('/byok')).text).toContain('…5d3c');
    await send(lead, '/byok/keys/openai/edit?owner=team', { label: 'default', new_label: 'ci' }).expect(303);
    // A refusal stands in the form of the team, not in that of the manager's own keys.
    await send(lead, '/byok/keys?owner=team', { provider: 'openai', api_key: '', mode: 'add' }).expect(303);
    const refused = (await lead.get('/byok')).text;
    expect(refused.slice(refused.indexOf('id="byok-dashboard-of-team"'))).toContain('Fill in the key.');
    const own = refused.indexOf('id="byok-dashboard"');
    expect(refused.slice(own, refused.indexOf('id="byok-dashboard-of-team"'))).not.toContain('Fill in the key.');
    const question = (await lead.get('/byok/clear?owner=team').expect(200)).text;
    expect(question).toContain('action="/byok/keys/clear?owner=team"');
    await member.get('/byok/clear?owner=team').expect(403);
    await send(lead, '/byok/keys/clear?owner=team', {}).expect(303);
    expect(await app.byok.listKeys(team('red'))).toEqual([]);
    const done = (await lead.get('/byok')).text;
    expect(done).toContain('1 key was deleted');
  });

  it('leave no trace of a user who is erased', async () => {
    await database.query('DELETE FROM byok_audit_log');
    const lead = await app.browser('lead-red');
    await lead.put('/byok/api/keys/openai?owner=team').send({ apiKey: TEAM_KEY }).expect(200);
    const trail = () => app.byok.auditTrail(team('red'));
    expect(await trail()).toMatchObject([{ action: 'stored', actor: { kind: 'user', id: 'lead-red' } }]);
    await lead.put('/byok/api/keys/openai?owner=team').send({ apiKey: OTHER_KEY }).expect(200);
    await app.byok.eraseUser('lead-red');
    expect(await trail()).toMatchObject([
      { action: 'replaced', actor: null },
      { action: 'stored', actor: null },
    ]);
    expect(JSON.stringify(await database.query('SELECT * FROM byok_audit_log'))).not.toContain('lead-red');
  });
});
