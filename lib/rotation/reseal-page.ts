import type { RecordReencryptor, SealContext } from '../crypto/index.js';

/** Rows between two pauses: about a millisecond. */
const ROWS_AT_A_TIME = 64;
/** Bytes of a fingerprint. */
export const FINGERPRINT_LENGTH = 16;

/** What is read of a row, as an array, because a page of them is parsed as JSON. */
export type PageRow = [
  ownerKind: string,
  ownerId: string,
  provider: string,
  label: string,
  expiresAt: number | null,
  length: number,
  keyId: string,
];

/** Rows as they come from the database: all that is not bytes as JSON, and the records one after the other. */
export interface SealedPage {
  rows: string;
  sealed: Uint8Array;
}

/** `reseal` opens and seals again; `check` only opens. */
export type PageTask = 'reseal' | 'check';

/** What is to be written, in the form in which Postgres takes it: array literals, and bytes that they point into. */
export interface PageWrite {
  /** Owner kinds, owner ids, providers and labels. */
  slots: [string, string, string, string];
  /** Places of the rows in the page. */
  places: string;
  /** Where in `sealed` (from 1) each record as it was read begins. */
  oldAt: string;
  /** Where in `fresh` (from 1) each fingerprint begins, which the new record follows. */
  newAt: string;
  lengths: string;
  sealed: Uint8Array;
  fresh: Uint8Array;
}

export interface PageOutcome {
  /** Rows that opened. */
  readable: number;
  /** Places in the page of those that did not. */
  unreadable: number[];
  /** Rows that are not on the current key, by what they say or by what they are sealed with. */
  old: number;
  /** With `reseal`, unless nothing is readable. */
  write?: PageWrite;
}

/** Does a page. It stops after some rows and goes on when asked to, so that others have their turn. @internal */
export function* processPage(resealer: RecordReencryptor, task: PageTask, page: SealedPage, current: string) {
  const rows = JSON.parse(page.rows) as PageRow[];
  const sealed = Buffer.from(page.sealed.buffer, page.sealed.byteOffset, page.sealed.byteLength);
  const outcome: PageOutcome = { readable: 0, unreadable: [], old: 0 };
  const plan = new WritePlan(sealed.length + rows.length * FINGERPRINT_LENGTH);
  let start = 0;
  for (const [place, row] of rows.entries()) {
    const record = sealed.subarray(start, start + row[5]);
    if (row[6] !== current || !resealer.isCurrent(record)) outcome.old++;
    if (task === 'check' ? resealer.opens(record, contextOf(row)) : plan.add(resealer, row, place, start, record)) {
      outcome.readable++;
    } else {
      outcome.unreadable.push(place);
    }
    start += row[5];
    if (place % ROWS_AT_A_TIME === ROWS_AT_A_TIME - 1) yield;
  }
  if (task === 'reseal' && outcome.readable > 0) outcome.write = plan.finish(page.sealed);
  return outcome;
}

class WritePlan {
  readonly #slots: [string[], string[], string[], string[]] = [[], [], [], []];
  readonly #places: number[] = [];
  readonly #oldAt: number[] = [];
  readonly #newAt: number[] = [];
  readonly #lengths: number[] = [];
  readonly #fresh: Buffer;
  #end = 0;

  constructor(size: number) {
    // A buffer of its own, which can be handed over to another thread.
    this.#fresh = Buffer.from(new ArrayBuffer(size));
  }

  add(resealer: RecordReencryptor, row: PageRow, place: number, start: number, record: Buffer): boolean {
    let renewed: { sealed: Buffer; fingerprint: Buffer };
    try {
      renewed = resealer.reseal(record, contextOf(row));
    } catch {
      return false;
    }
    for (let i = 0; i < 4; i++) this.#slots[i].push(row[i] as string);
    this.#places.push(place);
    this.#oldAt.push(start + 1);
    this.#newAt.push(this.#end + 1);
    this.#lengths.push(renewed.sealed.length);
    renewed.fingerprint.copy(this.#fresh, this.#end);
    renewed.sealed.copy(this.#fresh, this.#end + FINGERPRINT_LENGTH);
    this.#end += FINGERPRINT_LENGTH + renewed.sealed.length;
    return true;
  }

  finish(sealed: Uint8Array): PageWrite {
    const [kinds, ids, providers, labels] = this.#slots.map(textArray);
    return {
      slots: [kinds, ids, providers, labels],
      places: `{${this.#places.join()}}`,
      oldAt: `{${this.#oldAt.join()}}`,
      newAt: `{${this.#newAt.join()}}`,
      lengths: `{${this.#lengths.join()}}`,
      sealed,
      fresh: this.#fresh.subarray(0, this.#end),
    };
  }
}

function contextOf([ownerKind, ownerId, provider, label, expiresAt]: PageRow): SealContext {
  const expires = expiresAt === null ? null : new Date(expiresAt);
  return { purpose: 'database', ownerKind, ownerId, provider, label, expiresAt: expires };
}

/** A literal of Postgres' text[]. */
function textArray(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join()}}`;
}
