import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyRecord, KeyScope, KeyStorage } from '../../lib/entries/storage.js';
import { KeyLimitError, StorageError } from '../../lib/index.js';
import { describeDefaultKeys } from './default-keys.contract.js';
import { describeVerdicts } from './verdicts.contract.js';
import { collect, inMinutes, KEY_ID, makeRecord } from '../support/storage.js';

/** A storage with what stands behind it. */
export interface StorageWorld {
  storage: KeyStorage;
  /** Where an owner's keys are, as the owner's next request finds it. */
  scopeOf(owner: string): Promise<KeyScope>;
  /** From now on what stands behind the storage refuses everything, until `mend()`. Absent if nothing stands behind it. */
  break?: () => Promise<void> | void;
  mend?: () => Promise<void> | void;
  close(): Promise<void>;
}

const LIMIT = 50;
const slots = (...providers: string[]) => providers.map((provider) => ({ provider, label: 'default' }));
let next = 0;

/** What every storage promises. */
export function describeKeyStorage(name: string, open: () => Promise<StorageWorld>): void {
  describe(`${name}, as a storage of keys`, () => {
    let world: StorageWorld;
    let owner: string;

    beforeAll(async () => {
      Logger.overrideLogger(false);
      world = await open();
    });
    afterAll(() => world.close());
    beforeEach(() => {
      owner = `owner-${next++}`;
    });

    const here = () => world.scopeOf(owner);
    const put = async (record: KeyRecord, limit = LIMIT) => world.storage.put(await here(), record, limit);
    const list = async () => world.storage.list(await here());
    const listed = async () => (await list()).map(({ provider, label }) => `${provider}/${label}`);

    it('gives the bytes back as they were', async () => {
      const record = makeRecord('openai', { ciphertext: Buffer.from(Array.from({ length: 256 }, (_, i) => i)) });
      record.keyId.copy(record.ciphertext, 2);
      await put(record);
      const [found] = await world.storage.read(await here(), slots('openai'));
      expect(found).toEqual({ label: 'default', ciphertext: record.ciphertext, expiresAt: null, doubt: null });
    });

    it('tells everything about a record but its time of use', async () => {
      const expiresAt = inMinutes(5);
      const before = Date.now();
      const record = makeRecord('azure', { label: 'work', expiresAt, fieldNames: ['endpoint', 'region'] });
      const { record: written, replaced } = await put(record);
      expect(replaced).toBe(false);
      expect({ ...written, ciphertext: undefined }).toEqual({
        provider: 'azure',
        label: 'work',
        keyId: KEY_ID,
        hint: '…4321',
        fingerprint: record.fingerprint,
        fieldNames: ['endpoint', 'region'],
        expiresAt,
        lastUsedAt: null,
        expired: false,
        isDefault: true,
        lastCheck: null,
        createdAt: written.updatedAt,
        updatedAt: written.updatedAt,
      });
      expect(Math.abs(written.createdAt.getTime() - before)).toBeLessThan(60_000);
      const [found] = await list();
      expect({ ...found, ciphertext: found.ciphertext.subarray(0, 74) }).toEqual({
        ...written,
        ciphertext: record.ciphertext.subarray(0, 74),
      });
      expect((await world.storage.readAll(await here()))[0].ciphertext).toEqual(record.ciphertext);
    });

    it('replaces: created stays, updated moves, everything else is new', async () => {
      const first = await put(makeRecord('openai', { fieldNames: ['old'], expiresAt: inMinutes(1) }));
      await sleep(15);
      const record = makeRecord('openai', { hint: '…9999', expiresAt: inMinutes(9) });
      const second = await put(record);
      expect(second.replaced).toBe(true);
      expect(second.record.createdAt).toEqual(first.record.createdAt);
      expect(second.record.updatedAt.getTime()).toBeGreaterThan(first.record.updatedAt.getTime());
      const { hint, fingerprint, fieldNames, expiresAt } = (await list())[0];
      expect({ hint, fingerprint, fieldNames, expiresAt }).toEqual({
        hint: '…9999',
        fingerprint: record.fingerprint,
        fieldNames: [],
        expiresAt: record.expiresAt,
      });
      expect(await world.storage.read(await here(), slots('openai'))).toEqual([
        { label: 'default', ciphertext: record.ciphertext, expiresAt: record.expiresAt, doubt: null },
      ]);
    });

    it('does not overwrite with putIfAbsent', async () => {
      const record = makeRecord('openai');
      expect(await world.storage.putIfAbsent(await here(), record, LIMIT)).toBe(true);
      expect(await world.storage.putIfAbsent(await here(), makeRecord('openai'), LIMIT)).toBe(false);
      const [found] = await world.storage.read(await here(), slots('openai'));
      expect(found?.ciphertext).toEqual(record.ciphertext);
    });

    it("overwrites what has expired with putIfAbsent: it is nobody's key any more", async () => {
      const { record: old } = await put(makeRecord('openai', { expiresAt: inMinutes(-1) }));
      await sleep(15);
      const record = makeRecord('openai');
      expect(await world.storage.putIfAbsent(await here(), record, 1)).toBe(true);
      expect((await world.storage.read(await here(), slots('openai')))[0]?.ciphertext).toEqual(record.ciphertext);
      expect((await list())[0].createdAt.getTime()).toBeGreaterThan(old.createdAt.getTime());
    });

    it('reads slots in the order they are named, and nothing where there is none or an expired one', async () => {
      const [a, b] = [makeRecord('a'), makeRecord('b', { expiresAt: inMinutes(3) })];
      await put(a);
      await put(b);
      await put(makeRecord('old', { expiresAt: inMinutes(-1) }));
      const found = await world.storage.read(await here(), slots('b', 'none', 'old', 'a', 'b'));
      expect(found.map((sealed) => sealed?.ciphertext)).toEqual([
        b.ciphertext,
        undefined,
        undefined,
        a.ciphertext,
        b.ciphertext,
      ]);
      expect(found.slice(1, 3)).toEqual([null, null]);
      expect(found[0]?.expiresAt).toEqual(b.expiresAt);
    });

    it('lists by provider and label, expired ones too, and reads all but those', async () => {
      await put(makeRecord('openai', { label: 'b' }));
      await put(makeRecord('zeta'));
      await put(makeRecord('openai', { label: 'B', expiresAt: inMinutes(-1) }));
      await put(makeRecord('open-router'));
      await put(makeRecord('openai', { label: 'a' }));
      expect(await listed()).toEqual(['open-router/default', 'openai/B', 'openai/a', 'openai/b', 'zeta/default']);
      expect((await list()).map(({ expired }) => expired)).toEqual([false, true, false, false, false]);
      const whole = await world.storage.readAll(await here());
      expect(whole.map(({ label }) => label)).toEqual(['default', 'a', 'b', 'default']);
      expect(whole.every(({ ciphertext }) => ciphertext.length === 154)).toBe(true);
    });

    it('tells keys of one provider apart by label', async () => {
      const [work, home] = [makeRecord('openai', { label: 'work' }), makeRecord('openai', { label: 'home' })];
      await put(work);
      await put(home);
      await world.storage.delete(await here(), { provider: 'openai', label: 'home' });
      const found = await world.storage.read(await here(), [work, home, ...slots('openai')]);
      expect(found.map((sealed) => sealed?.ciphertext)).toEqual([work.ciphertext, undefined, undefined]);
    });

    it('deletes one and tells whether there was one', async () => {
      await put(makeRecord('openai'));
      await put(makeRecord('anthropic'));
      expect(await world.storage.delete(await here(), slots('openai')[0])).toEqual(slots('openai')[0]);
      expect(await world.storage.delete(await here(), slots('openai')[0])).toBeNull();
      expect(await listed()).toEqual(['anthropic/default']);
      const again = makeRecord('openai');
      await put(again);
      expect((await world.storage.read(await here(), slots('openai')))[0]?.ciphertext).toEqual(again.ciphertext);
    });

    it('clears everything and tells what it was', async () => {
      await put(makeRecord('openai'));
      await put(makeRecord('anthropic', { label: 'work' }));
      const scope = await here();
      const removed = await world.storage.clear(scope);
      expect(removed.sort((x, y) => (x.provider < y.provider ? -1 : 1))).toEqual([
        { provider: 'anthropic', label: 'work', owner: scope.owner, source: scope.source },
        { provider: 'openai', label: 'default', owner: scope.owner, source: scope.source },
      ]);
      expect(await listed()).toEqual([]);
      expect(await world.storage.clear(await here())).toEqual([]);
    });

    it('removes what has expired and only that', async () => {
      await put(makeRecord('openai'));
      await put(makeRecord('later', { expiresAt: inMinutes(1) }));
      await put(makeRecord('old', { expiresAt: inMinutes(-1) }));
      const scope = await here();
      expect(await world.storage.deleteExpired(scope)).toEqual([
        { provider: 'old', label: 'default', owner: scope.owner, source: scope.source },
      ]);
      expect(await world.storage.deleteExpired(await here())).toEqual([]);
      expect(await listed()).toEqual(['later/default', 'openai/default']);
    });

    it('hands out nothing expired after everybody was swept, and keeps the rest', async () => {
      await put(makeRecord('openai'));
      await put(makeRecord('old', { expiresAt: inMinutes(-1) }));
      const removed = await collect(world.storage.deleteAllExpired());
      const { source, owner: swept } = await here();
      const mine = removed.filter(({ owner: of }) => of.id === swept.id);
      expect(mine.map(({ provider }) => provider)).toEqual(source === 'database' ? ['old'] : []);
      expect(await world.storage.read(await here(), slots('openai', 'old'))).toEqual([
        { label: 'default', ciphertext: expect.any(Buffer), expiresAt: null, doubt: null },
        null,
      ]);
    });

    it('keeps owners apart', async () => {
      const stranger = await world.scopeOf(`${owner}-other`);
      const mine = makeRecord('openai');
      await put(mine);
      expect(await world.storage.read(stranger, slots('openai'))).toEqual([null]);
      expect(await world.storage.list(stranger)).toEqual([]);
      expect(await world.storage.readAll(stranger)).toEqual([]);
      expect(await world.storage.delete(stranger, slots('openai')[0])).toBeNull();
      expect(await world.storage.clear(stranger)).toEqual([]);
      await world.storage.put(await world.scopeOf(`${owner}-other`), makeRecord('openai'), LIMIT);
      expect((await world.storage.read(await here(), slots('openai')))[0]?.ciphertext).toEqual(mine.ciphertext);
    });

    it.each([
      ['quotes', `'"; DROP TABLE user_api_keys; --`],
      ['back slashes and braces', '\\{"a,b"}\\\\'],
      ['characters of all sizes', 'Ünïcödé-鍵-🔑-\u202e'],
      ['a property of every object', '__proto__'],
      ['a null of SQL', 'NULL'],
      ['a long one', 'x'.repeat(255)],
    ])('keeps owners and labels of %s as they are', async (_, text) => {
      owner = `${text}${next}`.slice(-255);
      const label = text.slice(0, 64);
      const record = makeRecord('openai', { label });
      await put(record);
      const found = await world.storage.read(await here(), [record, ...slots('openai')]);
      expect(found.map((sealed) => sealed?.ciphertext)).toEqual([record.ciphertext, undefined]);
      expect(await listed()).toEqual([`openai/${label}`]);
      expect(await world.storage.delete(await here(), record)).toEqual({ provider: 'openai', label });
      expect(await listed()).toEqual([]);
    });

    it('stores no more than the limit, but replaces at it', async () => {
      await put(makeRecord('a'), 2);
      await put(makeRecord('b'), 2);
      await expect(put(makeRecord('c'), 2)).rejects.toThrow(KeyLimitError);
      expect(await world.storage.putIfAbsent(await here(), makeRecord('c'), 2)).toBe(false);
      expect((await put(makeRecord('a'), 2)).replaced).toBe(true);
      expect(await listed()).toEqual(['a/default', 'b/default']);
    });

    it('does not count what has expired', async () => {
      await put(makeRecord('old', { expiresAt: inMinutes(-1) }), 1);
      await put(makeRecord('a'), 1);
      await expect(put(makeRecord('b'), 1)).rejects.toThrow(KeyLimitError);
      // Renewing the expired one would be one more, too.
      await expect(put(makeRecord('old'), 1)).rejects.toThrow(KeyLimitError);
      await world.storage.delete(await here(), slots('a')[0]);
      expect(await world.storage.putIfAbsent(await here(), makeRecord('b'), 1)).toBe(true);
    });

    it.each([1, 4, 7])('holds a limit of %i against many writers at once', async (limit) => {
      await here();
      const scopes = await Promise.all(Array.from({ length: 40 }, here));
      const writes = scopes.map((scope, i) => {
        const record = makeRecord('openai', { label: `n${i}` });
        return i % 4 === 0
          ? world.storage.putIfAbsent(scope, record, limit)
          : world.storage.put(scope, record, limit).then(
              () => true,
              (error: unknown) => {
                if (error instanceof KeyLimitError) return false;
                throw error;
              },
            );
      });
      const stored = (await Promise.all(writes)).filter(Boolean).length;
      expect({ stored, listed: (await list()).length }).toEqual({ stored: limit, listed: limit });
    });

    it('tells a failure behind it as such, never as "no key"', async () => {
      if (!world.break || !world.mend) return;
      await put(makeRecord('openai'));
      await put(makeRecord('old', { expiresAt: inMinutes(-1) }));
      const scope = await here();
      await world.break();
      try {
        const attempts = await Promise.allSettled([
          world.storage.read(scope, slots('openai')),
          world.storage.list(scope),
          world.storage.readAll(scope),
          world.storage.put(scope, makeRecord('openai'), LIMIT),
          world.storage.putIfAbsent(scope, makeRecord('new'), LIMIT),
          world.storage.delete(scope, slots('openai')[0]),
          world.storage.clear(scope),
          world.storage.deleteExpired(scope),
        ]);
        for (const attempt of attempts) {
          const { reason } = attempt as PromiseRejectedResult;
          expect(reason).toBeInstanceOf(StorageError);
          expect((reason as StorageError).message).toMatch(/^[A-Za-z ]+\. Try again\.$/);
          expect(reason).not.toHaveProperty('cause');
        }
      } finally {
        await world.mend();
      }
      expect(await listed()).toEqual(['old/default', 'openai/default']);
      expect((await put(makeRecord('openai'))).replaced).toBe(true);
    });

    describeDefaultKeys(() => ({ storage: world.storage, scope: here }));
    describeVerdicts(() => ({ storage: world.storage, scope: here }));
  });
}
