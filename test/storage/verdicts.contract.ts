import { describe, expect, it } from '@jest/globals';
import type { KeyRecord, KeyScope, KeyStorage, RecordVerdict } from '../../lib/entries/storage.js';
import { makeRecord } from '../support/storage.js';

interface Place {
  storage: KeyStorage;
  scope: () => Promise<KeyScope>;
}

const LIMIT = 50;
const ACCEPTED: RecordVerdict = { outcome: 'accepted', reason: null, by: 'check' };
const REFUSED: RecordVerdict = { outcome: 'refused', reason: 'revoked', by: 'use' };
const NO_CREDIT: RecordVerdict = { outcome: 'accepted', reason: 'no-credit', by: 'use' };
const UNKNOWN: RecordVerdict = { outcome: 'unknown', reason: 'unreachable', by: 'check' };

/** What every storage promises of what providers said of keys. */
export function describeVerdicts(place: () => Place): void {
  const put = async (more: Partial<KeyRecord> = {}): Promise<KeyRecord> => {
    const record = makeRecord('openai', more);
    await place().storage.put(await place().scope(), record, LIMIT);
    return record;
  };
  const note = async (record: KeyRecord, verdict: RecordVerdict, read = record.ciphertext) =>
    place().storage.noteVerdict(await place().scope(), record, read, verdict);
  const last = async () => (await place().storage.list(await place().scope()))[0].lastCheck;
  const doubt = async () => (await place().storage.read(await place().scope(), [{ provider: 'openai' }]))[0]?.doubt;

  describe('What a provider said of a key', () => {
    it('is noted with its time, and read with the key if it is a doubt', async () => {
      const record = await put();
      expect([await last(), await doubt()]).toEqual([null, null]);
      for (const [verdict, expected] of [
        [ACCEPTED, null],
        [REFUSED, 'refused'],
        [NO_CREDIT, 'accepted'],
      ] as const) {
        const noted = await note(record, verdict);
        expect(noted).toMatchObject({ label: 'default', hint: record.hint, isDefault: true });
        expect(noted?.lastCheck).toEqual({ ...verdict, at: expect.any(Date) });
        expect(Math.abs(noted!.lastCheck!.at.getTime() - Date.now())).toBeLessThan(60_000);
        expect([await last(), await doubt()]).toEqual([noted?.lastCheck, expected]);
      }
    });

    it('stays if the next word is unknown, and replaces one that was', async () => {
      const record = await put();
      await note(record, UNKNOWN);
      expect([await last(), await doubt()]).toEqual([{ ...UNKNOWN, at: expect.any(Date) }, null]);
      await note(record, REFUSED);
      expect((await note(record, UNKNOWN))?.lastCheck).toMatchObject(REFUSED);
      expect(await last()).toMatchObject(REFUSED);
    });

    it('is dropped if it is about a key that was replaced or deleted', async () => {
      const record = await put();
      await put();
      expect([await note(record, REFUSED), await last()]).toEqual([null, null]);
      await place().storage.delete(await place().scope(), { provider: 'openai' });
      expect(await note(record, REFUSED)).toBeNull();
      expect(await place().storage.list(await place().scope())).toEqual([]);
    });

    it('goes with the key that it is about: replaced, or with other fields', async () => {
      const record = await put();
      await note(record, REFUSED);
      const next = await put();
      expect([await last(), await doubt()]).toEqual([null, null]);
      await note(next, REFUSED);
      const update = async (from: KeyRecord, isNewVersion: boolean, verdict?: RecordVerdict) => {
        const changed = makeRecord('openai', { label: 'work', verdict });
        const change = { slot: from, read: from.ciphertext, record: changed, isNewKey: false, isNewVersion };
        const written = await place().storage.update(await place().scope(), change, LIMIT);
        return { changed, lastCheck: written?.lastCheck };
      };
      const renamed = await update(next, false);
      expect([renamed.lastCheck, await last()]).toEqual([await last(), { ...REFUSED, at: expect.any(Date) }]);
      const withFields = await update(renamed.changed, true);
      expect([withFields.lastCheck, await last()]).toEqual([null, null]);
      const checked = await update(withFields.changed, true, ACCEPTED);
      expect([checked.lastCheck, await last()]).toEqual([await last(), { ...ACCEPTED, at: expect.any(Date) }]);
    });

    it('is written with a key that was checked before', async () => {
      for (const verdict of [ACCEPTED, UNKNOWN]) {
        await put({ verdict });
        expect(await last()).toEqual({ ...verdict, at: expect.any(Date) });
      }
      const scope = await place().scope();
      const record = makeRecord('other', { verdict: ACCEPTED });
      expect(await place().storage.putIfAbsent(scope, record, LIMIT)).toBe(true);
      expect((await place().storage.readRecord(scope, record))?.lastCheck).toMatchObject(ACCEPTED);
      await put();
      expect(await last()).toBeNull();
    });
  });
}
