import { expect } from '@jest/globals';
import { bench, KEY, load, start, type Runs } from '../bench.js';

const OWN = 'sk-an-example-of-my-own-key-2b7d';
const OURS = 'sk-an-example-of-our-own-key-3c5e';

/** Snippets of shared keys. */
export const SHARED_KEYS_RUNS: Runs = {
  'team-keys.module.ts': async () => {
    process.env['OPENAI_API_KEY'] = OURS;
    try {
      const { TeamKeysModule } = await load<{ TeamKeysModule: never }>('team-keys.module.ts');
      const app = await start(TeamKeysModule);
      const paidBy = async (user: string, path = '/chat') => (await app.send(user, 'GET', path)).body.paidBy;
      expect(await paidBy('una@red', '/chat/trial')).toBe('platform');
      expect((await app.send('una@red', 'GET', '/chat')).status).toBe(403);
      const path = '/byok/api/keys/openai?owner=team';
      expect((await app.send('una@red', 'PUT', path, { apiKey: KEY })).status).toBe(403);
      expect((await app.send('lead@red', 'PUT', path, { apiKey: KEY })).status).toBe(200);
      expect(await paidBy('una@red')).toBe('team');
      expect((await app.send('una@blue', 'GET', '/chat')).status).toBe(403);
      await app.byok.setKey({ userId: 'una' }, 'openai', OWN);
      expect([await paidBy('una@red'), await paidBy('una@red', '/chat/trial')]).toEqual(['user', 'user']);
    } finally {
      delete process.env['OPENAI_API_KEY'];
    }
  },

  'team-key.ts': async () => {
    const { storeForTeam } = await load<{ storeForTeam(...args: unknown[]): Promise<void> }>('team-key.ts');
    const events: { actor?: object }[] = [];
    const byok = bench.library.ByokModule.forRoot({
      secret: process.env['BYOK_SECRET']!,
      db: bench.database.url,
      sharedOwners: { team: { resolve: () => undefined } },
      onEvent: (event) => void events.push(event),
    });
    const app = await start(byok);
    await storeForTeam(app.byok, 'green', KEY, 'lead');
    expect(await app.byok.getKey({ owner: { kind: 'team', id: 'green' } }, 'openai')).toBe(KEY);
    expect(events[0]).toMatchObject({ type: 'stored', actor: { kind: 'user', id: 'lead' } });
  },
};
