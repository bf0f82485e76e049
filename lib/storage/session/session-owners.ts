import { createHash } from 'node:crypto';
import type { KeyScope, KeySlot, RemovedKey } from '../key-storage.interface.js';
import type { SessionHandle } from './session-handle.js';
import type { SessionRecord } from './session-records.js';

/** Where a session's visitor has keys. The session's id is a bearer secret, so the owner is a digest of it. */
export function visitorScope(session: SessionHandle): KeyScope {
  const id = createHash('sha256').update(`byok/session-owner\0${session.id}`).digest('base64url');
  return { source: 'session', owner: { kind: 'session', id }, session };
}

export function bySlot(a: KeySlot, b: KeySlot): number {
  return compare(a.provider, b.provider) || compare(a.label, b.label);
}

export function removed(scope: KeyScope, records: SessionRecord[]): RemovedKey[] {
  return records.map(({ provider, label }) => ({ provider, label, owner: scope.owner, source: 'session' }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
