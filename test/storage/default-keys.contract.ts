import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeyConflictError, KeyLimitError } from '../../lib/index.js';
import { type KeyRecord, type KeyScope, type KeyStorage } from '../../lib/entries/storage.js';
import { inMinutes, makeRecord } from '../support/storage.js';

interface Place {
  storage: KeyStorage;
  scope: () => Promise<KeyScope>;
}

const LIMIT = 50;

/** What every storage promises of default keys and of changes. */
export function describeDefaultKeys(place: () => Place): void {
  const put = async (label: string, more: Partial<KeyRecord> = {}): Promise<KeyRecord> => {
    const record = makeRecord('openai', { label, ...more });
    await place().storage.put(await place().scope(), record, LIMIT);
    // Later ones are younger by the clock of the storage.
    await sleep(3);
    return record;
  };
  const list = async () => place().storage.list(await place().scope());
  const defaults = async () => (await list()).filter(({ isDefault }) => isDefault).map(({ label }) => label);
  const found = async (label?: string) => {
    const [key] = await place().storage.read(await place().scope(), [{ provider: 'openai', label }]);
    return key?.label;
  };
  const choose = async (label: string) =>
    place().storage.setDefault(await place().scope(), { provider: 'openai', label });
  const update = async (record: KeyRecord, changed: Partial<KeyRecord>, limit = LIMIT) => {
    const fresh = makeRecord(record.provider, { label: record.label, ...changed });
    const scope = await place().scope();
    const change = { slot: record, read: record.ciphertext, record: fresh, isNewKey: true, isNewVersion: true };
    return { fresh, written: await place().storage.update(scope, change, limit) };
  };

  describe('The default key', () => {
    it('is the oldest, then the one labeled default, then the one chosen last', async () => {
      await put('work');
      await put('home');
      expect([await found(), await defaults()]).toEqual(['work', ['work']]);
      await put('default');
      expect([await found(), await defaults()]).toEqual(['default', ['default']]);
      expect(await choose('home')).toMatchObject({ label: 'home', isDefault: true });
      expect([await found(), await defaults()]).toEqual(['home', ['home']]);
      await choose('work');
      expect([await found(), await defaults()]).toEqual(['work', ['work']]);
      expect(await found('home')).toBe('home');
      expect(await found('none')).toBeUndefined();
    });

    it('is never an expired one', async () => {
      await put('default', { expiresAt: inMinutes(-1) });
      expect([await found(), await defaults()]).toEqual([undefined, []]);
      await put('work');
      expect([await found(), await defaults()]).toEqual(['work', ['work']]);
      expect(await choose('default')).toBeNull();
      expect(await choose('none')).toBeNull();
    });

    it('stays the chosen one when it is replaced, and when it gets another label', async () => {
      await put('default');
      await put('work');
      await choose('work');
      const replaced = await put('work');
      expect(await defaults()).toEqual(['work']);
      const { written } = await update(replaced, { label: 'team' });
      expect(written).toMatchObject({ label: 'team', isDefault: true });
      expect(await defaults()).toEqual(['team']);
    });

    it('is known of a key that was just written', async () => {
      const written = [];
      for (const label of ['work', 'home', 'default', 'work']) {
        const { record } = await place().storage.put(await place().scope(), makeRecord('openai', { label }), LIMIT);
        written.push(record.isDefault);
        await sleep(3);
      }
      expect(written).toEqual([true, false, true, false]);
    });

    it('of one provider is nothing to another', async () => {
      const scope = await place().scope();
      await put('work');
      await place().storage.put(scope, makeRecord('anthropic', { label: 'home' }), LIMIT);
      const both = await place().storage.read(scope, [
        { provider: 'anthropic' },
        { provider: 'openai' },
        { provider: 'x' },
      ]);
      expect(both.map((key) => key?.label)).toEqual(['home', 'work', undefined]);
    });

    it('stays the one it was when it was pinned', async () => {
      const scope = await place().scope();
      await put('work');
      await place().storage.pinDefaults(scope, ['openai', 'anthropic']);
      await put('default');
      expect([await found(), await defaults()]).toEqual(['work', ['work']]);
      await choose('default');
      await place().storage.pinDefaults(scope, ['openai']);
      expect(await found()).toBe('default');
    });

    it('that has expired is not the default again as another key in its slot', async () => {
      const scope = await place().scope();
      await put('work', { expiresAt: inMinutes(1) });
      await choose('work');
      await put('work', { expiresAt: inMinutes(-1) });
      await put('home');
      expect(await place().storage.putIfAbsent(scope, makeRecord('openai', { label: 'work' }), LIMIT)).toBe(true);
      expect(await defaults()).toEqual(['home']);
    });

    it('is what is removed without a label, an expired one last', async () => {
      const scope = await place().scope();
      await put('old', { expiresAt: inMinutes(-1) });
      await put('work');
      await put('home');
      await choose('home');
      const removed = [];
      for (let i = 0; i < 4; i++) removed.push((await place().storage.delete(scope, { provider: 'openai' }))?.label);
      expect(removed).toEqual(['home', 'work', 'old', undefined]);
    });

    it('is what is read whole without a label, an expired one if there is no other', async () => {
      const scope = await place().scope();
      const old = await put('old', { expiresAt: inMinutes(-1) });
      const whole = () => place().storage.readRecord(scope, { provider: 'openai' });
      expect(await whole()).toMatchObject({
        label: 'old',
        expired: true,
        isDefault: false,
        ciphertext: old.ciphertext,
      });
      const work = await put('work');
      expect(await whole()).toMatchObject({ label: 'work', isDefault: true, ciphertext: work.ciphertext });
      expect(await place().storage.readRecord(scope, { provider: 'openai', label: 'none' })).toBeNull();
    });
  });

  describe('A change', () => {
    it('is made if the record is the one that was read', async () => {
      const record = await put('work');
      const { fresh, written } = await update(record, { hint: '…new1', fieldNames: ['region'] });
      expect(written).toMatchObject({ label: 'work', hint: '…new1', fieldNames: ['region'], lastUsedAt: null });
      const [stored] = await list();
      expect(stored).toMatchObject({ hint: '…new1', createdAt: written!.createdAt, updatedAt: written!.updatedAt });
      expect(stored.updatedAt.getTime()).toBeGreaterThan(stored.createdAt.getTime());
      expect((await update(record, {})).written).toBeNull();
      const { ciphertext } = (await place().storage.readRecord(await place().scope(), record))!;
      expect(ciphertext).toEqual(fresh.ciphertext);
    });

    it('keeps the time of the last change if the key stays the same', async () => {
      const record = await put('work');
      const [before] = await list();
      const renamed = makeRecord('openai', { label: 'team' });
      const change = { slot: record, read: record.ciphertext, record: renamed, isNewKey: false, isNewVersion: false };
      await place().storage.update(await place().scope(), change, LIMIT);
      expect(await list()).toEqual([expect.objectContaining({ label: 'team', updatedAt: before.updatedAt })]);
    });

    it('does not take a label that another key has, unless that one is expired', async () => {
      const record = await put('work');
      await put('home');
      await put('old', { expiresAt: inMinutes(-1) });
      await expect(update(record, { label: 'home' })).rejects.toThrow(KeyConflictError);
      expect((await list()).map(({ label }) => label)).toEqual(['home', 'old', 'work']);
      expect((await update(record, { label: 'old' })).written).toMatchObject({ label: 'old', expired: false });
      expect((await list()).map(({ label }) => label)).toEqual(['home', 'old']);
    });

    it('brings an expired key back only below the limit', async () => {
      const record = await put('old', { expiresAt: inMinutes(-1) });
      await put('work');
      const revive = (limit: number) => update(record, { expiresAt: inMinutes(5) }, limit);
      await expect(revive(1)).rejects.toThrow(KeyLimitError);
      expect((await revive(2)).written).toMatchObject({ label: 'old', expired: false });
    });

    it('of many at once is made by one', async () => {
      const record = await put('work');
      const changes = await Promise.all(Array.from({ length: 8 }, (_, i) => update(record, { hint: `…000${i}` })));
      const made = changes.filter(({ written }) => written);
      expect(made).toHaveLength(1);
      const [{ hint }] = await list();
      expect(hint).toBe(made[0].written!.hint);
    });
  });
}
