import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ForbiddenException } from '@nestjs/common';
import { tracingChannel } from 'node:diagnostics_channel';
import {
  type ByokEvent,
  type ByokRequest,
  EncryptionError,
  InvalidInputError,
  type PlatformKey,
  StorageError,
} from '../../lib/index.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { sleepUntil } from '../support/until.js';

const STATES = ['absent', 'present', 'expired', 'unreadable', 'refused'] as const;
type State = (typeof STATES)[number];
const PLATFORM = ['absent', 'present', 'failing'] as const;
const ORDERS = [
  ['user'],
  ['team'],
  ['platform'],
  ['user', 'team'],
  ['user', 'platform'],
  ['team', 'user'],
  ['team', 'platform'],
  ['platform', 'user'],
  ['platform', 'team'],
  ['user', 'team', 'platform'],
  ['user', 'platform', 'team'],
  ['team', 'user', 'platform'],
  ['team', 'platform', 'user'],
  ['platform', 'user', 'team'],
  ['platform', 'team', 'user'],
];

const USER_KEY = 'an-example-of-a-user-key-1f9c';
const TEAM_KEY = 'an-example-of-a-team-key-2a7d';
const PLATFORM_KEY = 'an-example-of-a-platform-key-3b8e';

interface TeamRequest extends ByokRequest {
  team?: string | undefined;
}

function requestOf(user: string | undefined, team?: string): TeamRequest {
  return { headers: {}, ...(user !== undefined && { user: { id: user } }), team };
}

/** Who pays, by the rules alone. */
function expected(order: readonly string[], user: State, team: State | 'none', platform: (typeof PLATFORM)[number]) {
  for (const source of order) {
    if (source === 'platform') {
      if (platform === 'failing') return 'unavailable';
      if (platform === 'present') return 'platform';
      continue;
    }
    const state = source === 'user' ? user : team;
    if (state === 'unreadable') return 'cannot be decrypted';
    if (state === 'present' || state === 'refused') return source;
  }
  return 'nobody';
}

describe.each([
  ['at once', <T>(value: T) => value],
  ['later', async <T>(value: T) => value],
] as const)('whose key is used, with owners that are known %s', (_when, give) => {
  let database: TestDatabase;
  let app: ByokApp;
  let platformKey: () => string | PlatformKey | undefined;

  beforeAll(async () => {
    database = await createDatabase();
    app = await startByok({
      db: database.url,
      resolveUser: ({ user }) => give((user as { id: string } | undefined)?.id),
      sharedOwners: { team: { resolve: ({ team }: TeamRequest) => give(team) } },
      platformKeys: { openai: () => give(platformKey()) },
    });
    for (const state of STATES) {
      await store({ userId: state }, state, USER_KEY);
      await store({ owner: { kind: 'team', id: state } }, state, TEAM_KEY);
    }
    await sleepUntil(new Date());
    await database.query(`UPDATE user_api_keys SET ciphertext = overlay(ciphertext placing '\\x00' FROM 90)
      WHERE owner_id = 'unreadable'`);
    await database.query(`UPDATE user_api_keys SET check_outcome = 'refused', check_by = 'use', checked_at = now()
      WHERE owner_id = 'refused'`);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function store(holder: Parameters<typeof app.byok.setKey>[0], state: State, key: string): Promise<void> {
    if (state === 'absent') return;
    await app.byok.setKey(holder, 'openai', key, state === 'expired' ? { ttl: 1 } : {});
  }

  async function whoPays(request: ByokRequest, from: readonly string[]): Promise<string> {
    try {
      const key = await app.byok.resolveKey(request, 'openai', { from });
      if (!key) return 'nobody';
      const keys: Record<string, string> = { user: USER_KEY, team: TEAM_KEY, platform: PLATFORM_KEY };
      expect(key.apiKey).toBe(keys[key.owner.kind]);
      expect(key.source).toBe(key.owner.kind === 'platform' ? 'platform' : 'database');
      return key.owner.kind;
    } catch (error) {
      if (error instanceof EncryptionError) return 'cannot be decrypted';
      if (error instanceof StorageError) return 'unavailable';
      throw error;
    }
  }

  it.each(ORDERS.map((order) => [order.join(', '), order] as const))('%s', async (_name, order) => {
    let cells = 0;
    for (const platform of PLATFORM) {
      platformKey = () => {
        if (platform === 'failing') throw new Error('no secret manager');
        return platform === 'present' ? PLATFORM_KEY : undefined;
      };
      for (const user of STATES) {
        for (const team of [...STATES, 'none'] as const) {
          const request = requestOf(user, team === 'none' ? undefined : team);
          const cell = `user ${user}, team ${team}, platform ${platform}`;
          expect([cell, await whoPays(request, order)]).toEqual([cell, expected(order, user, team, platform)]);
          cells++;
        }
      }
    }
    expect(cells).toBe(90);
  });
});

describe('sources of keys', () => {
  let database: TestDatabase;
  let app: ByokApp;
  let events: ByokEvent[];
  let resolve: (request: TeamRequest) => unknown;
  let asked: number;

  beforeAll(async () => {
    database = await createDatabase();
    app = await startByok({
      db: database.url,
      onEvent: (event) => void events.push(event),
      keySources: ['user', 'team', 'platform'],
      sharedOwners: {
        team: {
          resolve: (request: TeamRequest) => {
            asked++;
            return resolve(request) as string;
          },
        },
      },
      platformKeys: { anthropic: { apiKey: PLATFORM_KEY, fields: { project: 'ours' } }, openai: undefined },
    });
    await app.byok.setKey({ owner: { kind: 'team', id: 't1' } }, 'openai', TEAM_KEY);
    await app.byok.setKey({ userId: 'alice' }, 'openai', USER_KEY);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  beforeEach(() => {
    events = [];
    asked = 0;
    resolve = ({ team }) => team;
  });

  it('reads all owners of a request in one statement', async () => {
    const reads: unknown[] = [];
    const channel = tracingChannel('nestjs-byok.read');
    const handlers = { start: (message: object) => void reads.push({ ...message }) };
    channel.subscribe(handlers as never);
    const key = await app.byok.resolveKey(requestOf('bob', 't1'), 'openai');
    channel.unsubscribe(handlers as never);
    expect(key?.owner).toEqual({ kind: 'team', id: 't1' });
    expect(reads).toEqual([expect.objectContaining({ requests: 1, slots: 2 })]);
  });

  it('waits for an owner only if no source before has a key', async () => {
    resolve = () => new Promise(() => undefined);
    // The first call shows that it takes time.
    expect((await app.byok.resolveKey(requestOf('alice', 't1'), 'openai'))?.apiKey).toBe(USER_KEY);
    asked = 0;
    expect((await app.byok.resolveKey(requestOf('alice', 't1'), 'openai'))?.apiKey).toBe(USER_KEY);
    expect(asked).toBe(0);
    resolve = async ({ team }) => team;
    expect((await app.byok.resolveKey(requestOf('bob', 't1'), 'openai'))?.apiKey).toBe(TEAM_KEY);
    expect(asked).toBe(1);
  });

  it('takes a failure to find an owner for a missing key only if the owner is needed', async () => {
    resolve = () => {
      throw new Error('the directory is unavailable');
    };
    expect((await app.byok.resolveKey(requestOf('alice', 't1'), 'openai'))?.apiKey).toBe(USER_KEY);
    await expect(app.byok.resolveKey(requestOf('bob', 't1'), 'anthropic')).rejects.toThrow(StorageError);
    resolve = () => {
      throw new ForbiddenException('Not a member any more.');
    };
    await expect(app.byok.hasKey(requestOf('bob', 't1'), 'anthropic')).rejects.toThrow(ForbiddenException);
  });

  it.each([[''], [0], [true], [{}], [[]], [' t1'], ['undefined'], [Number.NaN], ['x'.repeat(256)]])(
    'does not take %p for the id of an owner',
    async (id) => {
      resolve = () => id;
      await expect(app.byok.getKey(requestOf('bob'), 'anthropic')).rejects.toThrow(StorageError);
    },
  );

  it('gives the application’s own fields with its own key, and only those', async () => {
    const key = await app.byok.resolveKey(requestOf('alice'), 'anthropic');
    expect({ ...key!, apiKey: key!.apiKey, fields: key!.fields }).toMatchObject({
      apiKey: PLATFORM_KEY,
      fields: { project: 'ours' },
      source: 'platform',
      owner: { kind: 'platform', id: 'platform' },
      label: 'default',
      expiresAt: null,
    });
    expect(await app.byok.resolveKey(requestOf('alice'), 'anthropic', { label: 'work' })).toBeNull();
    expect(await app.byok.hasKey(requestOf('alice'), 'anthropic')).toBe(true);
    expect(await app.byok.listKeys(requestOf('alice'))).toHaveLength(1);
  });

  it('reports who used whose key', async () => {
    await app.byok.getKey(requestOf('bob', 't1'), 'openai');
    await app.byok.getKey(requestOf('bob', 't1'), 'anthropic');
    await app.byok.getKey({ owner: { kind: 'team', id: 't1' }, actor: { kind: 'user', id: 'carol' } }, 'openai');
    await app.byok.getKey({ userId: 'alice' }, 'openai');
    expect(events.map(({ type, owner, actor, source }) => ({ type, owner, actor, source }))).toEqual([
      { type: 'used', owner: { kind: 'team', id: 't1' }, actor: { kind: 'user', id: 'bob' }, source: 'database' },
      {
        type: 'used',
        owner: { kind: 'platform', id: 'platform' },
        actor: { kind: 'user', id: 'bob' },
        source: 'platform',
      },
      { type: 'used', owner: { kind: 'team', id: 't1' }, actor: { kind: 'user', id: 'carol' }, source: 'database' },
      { type: 'used', owner: { kind: 'user', id: 'alice' }, actor: undefined, source: 'database' },
    ]);
  });

  it('never guesses whose team is meant without a request', async () => {
    expect(await app.byok.getKey({ userId: 'alice' }, 'openai')).toBe(USER_KEY);
    await expect(app.byok.getKey({ userId: 'bob' }, 'anthropic')).rejects.toThrow(
      "Pass { owner: { kind: 'team', id } } as the holder, or leave 'team' out of from.",
    );
    expect(await app.byok.getKey({ userId: 'bob' }, 'anthropic', { from: ['user', 'platform'] })).toBe(PLATFORM_KEY);
    const team = { owner: { kind: 'team', id: 't1' } };
    expect(await app.byok.getKey(team, 'openai')).toBe(TEAM_KEY);
    expect(await app.byok.getKey(team, 'anthropic')).toBe(PLATFORM_KEY);
    await expect(app.byok.getKey(team, 'openai', { from: ['user'] })).rejects.toThrow(InvalidInputError);
  });

  it.each([
    [{ owner: { kind: 'session', id: 'x' } }],
    [{ owner: { kind: 'platform', id: 'platform' } }],
    [{ owner: { kind: 'guild', id: 'x' } }],
    [{ owner: { kind: 'team', id: '' } }],
    [{ owner: { kind: 'team' } }],
    [{ owner: 'team' }],
    [{ owner: null }],
  ])('refuses %j as a holder', async (holder) => {
    await expect(app.byok.setKey(holder as never, 'openai', USER_KEY)).rejects.toThrow(InvalidInputError);
    await expect(app.byok.listKeys(holder as never)).rejects.toThrow(InvalidInputError);
  });

  it('takes no owner from what every object inherits', async () => {
    Object.defineProperty(Object.prototype, 'owner', { value: { kind: 'team', id: 't1' }, configurable: true });
    try {
      expect(await app.byok.getKey({ userId: 'alice' }, 'openai')).toBe(USER_KEY);
      expect(await app.byok.listKeys({ userId: 'nobody' })).toEqual([]);
    } finally {
      delete (Object.prototype as { owner?: unknown }).owner;
    }
  });

  it.each([[[]], [['guild']], [['user', 'guild']], ['user'], [[1]]])('refuses from: %j', async (from) => {
    await expect(app.byok.getKey(requestOf('alice'), 'openai', { from: from as never })).rejects.toThrow(
      InvalidInputError,
    );
  });

  it('keeps keys of owners of two kinds with one id apart', async () => {
    const [user, team] = [{ userId: 'same' }, { owner: { kind: 'team', id: 'same' } }];
    await app.byok.setKey(team, 'mistral', TEAM_KEY);
    expect(await app.byok.listKeys(user)).toEqual([]);
    expect(await app.byok.deleteKey(user, 'mistral')).toBe(false);
    await database.query(`UPDATE user_api_keys SET owner_kind = 'user' WHERE owner_id = 'same'`);
    await expect(app.byok.getKey(user, 'mistral')).rejects.toThrow(EncryptionError);
  });

  it('removes and exports what is stored about an owner of any kind', async () => {
    const owner = { kind: 'team', id: 't2' };
    await app.byok.setKey({ owner }, 'openai', TEAM_KEY);
    const metadata = await app.byok.exportOwner(owner);
    expect(metadata).toMatchObject({ owner, keys: [{ provider: 'openai', label: 'default' }] });
    expect(await app.byok.eraseOwner(owner)).toEqual({ keys: 1, auditEntries: 0 });
    expect((await app.byok.exportOwner(owner)).keys).toEqual([]);
    // A kind that is no longer configured.
    expect(await app.byok.eraseOwner({ kind: 'guild', id: 'g1' })).toEqual({ keys: 0, auditEntries: 0 });
    await expect(app.byok.eraseOwner({ kind: 'session', id: 'x' })).rejects.toThrow(InvalidInputError);
    await expect(app.byok.eraseOwner({ kind: 'team', id: '' })).rejects.toThrow(InvalidInputError);
  });
});
