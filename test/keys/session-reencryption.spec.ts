import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ByokEvent, type ByokModuleOptions, type ByokService, EncryptionService } from '../../lib/index.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { memorySessions, type SessionRequest, type TestSessions } from '../support/sessions.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const OTHER = 'an-example-of-another-api-key-2e8d';

interface Held {
  keys: { provider: string; sealed: string; fingerprint: string; createdAt: number; updatedAt: number }[];
}

describe('A record in a session that is sealed with an older secret', () => {
  let sessions: TestSessions;
  let apps: ByokApp[];
  let events: ByokEvent[];
  let id: string;
  let late: ByokService;
  let byok: ByokService;
  const [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];

  beforeEach(async () => {
    sessions = memorySessions();
    apps = [];
    events = [];
    late = await start([old, fresh]);
    byok = await start([fresh, old], { onEvent: (event) => void events.push(event) });
    const request = await sessions.request();
    id = request.sessionID;
    await late.setKey(request, 'openai', KEY, { fields: { region: 'eu' } });
    await late.setKey(request, 'anthropic', OTHER);
  });
  afterEach(() => Promise.all(apps.map((app) => app.close())));

  async function start(secret: string[], options: Partial<ByokModuleOptions> = {}) {
    const app = await startByok({ secret, ...options });
    apps.push(app);
    return app.byok;
  }

  const save = (request: SessionRequest) => new Promise((resolve) => request.session.save(resolve));
  const held = async () => ((await sessions.stored(id))?.['byok'] as Held).keys;
  const openai = async () => (await held()).find(({ provider }) => provider === 'openai')!;
  const isCurrent = ({ sealed }: { sealed: string }) =>
    new EncryptionService(fresh).isCurrent(Buffer.from(sealed, 'base64url'));

  it('is sealed with the first one when it is read, and is the same key', async () => {
    const before = await openai();
    expect(isCurrent(before)).toBe(false);
    const resolved = await byok.resolveKey(await sessions.request(id), 'openai');
    expect([resolved?.apiKey, resolved?.fields]).toEqual([KEY, { region: 'eu' }]);

    const after = await openai();
    expect(isCurrent(after)).toBe(true);
    expect(after).toMatchObject({ createdAt: before.createdAt, updatedAt: before.updatedAt });
    expect(after.fingerprint).toBe(new EncryptionService(fresh).fingerprint('openai', KEY).toString('hex'));
    expect((await held()).filter((record) => isCurrent(record))).toHaveLength(1);
    expect(events.map(({ type, source, provider }) => [type, source, provider])).toEqual([
      ['used', 'session', 'openai'],
      ['rotated', 'session', 'openai'],
    ]);
    // Without the old secret.
    const only = await start([fresh]);
    expect(await only.getKey(await sessions.request(id), 'openai')).toBe(KEY);
    expect((await openai()).sealed).toBe(after.sealed);
  });

  it('is read all the same where it cannot be saved', async () => {
    const before = await openai();
    const request = await sessions.request(id);
    const set = sessions.store.set.bind(sessions.store);
    sessions.store.set = (_id, _data, done) => done?.(new Error('full'));
    expect(await byok.getKey(request, 'openai')).toBe(KEY);
    sessions.store.set = set;
    expect(await openai()).toEqual(before);
    expect(await byok.getKey(await sessions.request(id), 'openai')).toBe(KEY);
    expect(isCurrent(await openai())).toBe(true);
  });

  it('is read by requests at once, and none of them loses it', async () => {
    const requests = await Promise.all(Array.from({ length: 10 }, () => sessions.request(id)));
    const keys = await Promise.all(requests.map((request) => byok.getKey(request, 'openai')));
    expect(new Set(keys)).toEqual(new Set([KEY]));
    expect(isCurrent(await openai())).toBe(true);
    expect(events.filter(({ type }) => type === 'rotated')).toHaveLength(1);
  });

  it('is not lost where a slow request saves the session as it was before', async () => {
    const slow = await sessions.request(id);
    await byok.getKey(await sessions.request(id), 'openai');
    slow.session['visits'] = 1;
    await save(slow);
    expect(isCurrent(await openai())).toBe(false);
    expect(await byok.getKey(await sessions.request(id), 'openai')).toBe(KEY);
    expect(isCurrent(await openai())).toBe(true);
  });

  it.each<[string, () => Promise<unknown>, string | null]>([
    ['deleted', async () => byok.deleteKey(await sessions.request(id), 'openai'), null],
    ['cleared', async () => byok.clearKeys(await sessions.request(id)), null],
    ['replaced', async () => byok.setKey(await sessions.request(id), 'openai', OTHER), null],
  ])('is dead in every form once it is %s', async (_, change) => {
    const [before, between] = [await sessions.request(id), await sessions.request(id)];
    await byok.getKey(between, 'openai');
    const twice = await sessions.request(id);
    await change();
    // Each brings back what it had loaded: the record as it was first, and as it was sealed anew.
    for (const slow of [before, between, twice]) {
      slow.session['visits'] = 1;
      await save(slow);
      expect(await byok.getKey(await sessions.request(id), 'openai')).not.toBe(KEY);
      expect(await late.getKey(await sessions.request(id), 'openai')).not.toBe(KEY);
    }
  });

  it('does not bring a session back to life that was ended meanwhile', async () => {
    const request = await sessions.request(id);
    await new Promise((resolve) => sessions.store.destroy(id, resolve));
    expect(await byok.getKey(request, 'openai')).toBe(KEY);
    expect(await sessions.stored(id)).toBeNull();
  });

  it('is let be where its first secret is the old one still', async () => {
    const before = await openai();
    expect(await late.getKey(await sessions.request(id), 'openai')).toBe(KEY);
    expect(await openai()).toEqual(before);
  });
});
