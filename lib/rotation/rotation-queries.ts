import { MAX_RECORD_LENGTH } from '../crypto/index.js';
import { type ByokDatabase, everyRow, type Partition, partitionsOf, type Statement } from '../database/index.js';
import { FINGERPRINT_LENGTH, type PageWrite, type SealedPage } from './reseal-page.js';

/** A place in a part of the table: the primary key of the last row that was seen. */
export type Cursor = readonly [string, string, string, string];

/** At or before the first row. */
export const BEGINNING: Cursor = ['', '', '', ''];

/** Some rows, and where those after them begin; without `next` there are none. */
export interface FoundPage extends SealedPage {
  part: Partition;
  count: number;
  next: Cursor | undefined;
}

/** Rows, expired ones and such as soon will be, by hex key id and provider, of a part of the table. */
export interface KeyCounts {
  counts: [keyId: string, provider: string, rows: number, expired: number, expiring: number][];
  next: Cursor | undefined;
}

const SLOT = 'owner_kind, owner_id, provider, label';
/** Where the id of its key is in a record, from 1. */
const KEY_ID_AT = 3;
const KEY_ID_LENGTH = 8;
/** No moment of a `Date`, so that what has it does not open. Of `infinity`, no number could be made. */
const NO_MOMENT = 9e15;

/**
 * The statements of a rotation. Each looks at a bounded number of rows, whatever the size of the table, so none runs
 * into a time limit; and each can be run twice without harm.
 *
 * @internal
 */
export class RotationQueries {
  readonly #ofPart = new Map<string, ReturnType<typeof statements>>();
  readonly #ofTable: ReturnType<typeof tableStatements>;

  constructor(
    private readonly database: ByokDatabase,
    private readonly table: string,
  ) {
    this.#ofTable = tableStatements(table);
  }

  /** What is gone through one after the other, or at once: rows of different partitions have no order to be read in. */
  parts(): Promise<Partition[]> {
    return partitionsOf(this.database, this.table);
  }

  /**
   * Of the next `limit` rows by primary key those that are not on the key `current`, by what they say or by what they
   * are sealed with: of a row that says it wrongly, the old key would else be retired.
   *
   * @param current - `null`: all of them.
   */
  async page(part: Partition, after: Cursor, limit: number, current: Buffer | null): Promise<FoundPage> {
    interface Row {
      last: string | null;
      count: number;
      rows: string | null;
      sealed: Buffer | null;
    }
    const values = [...after, limit, current];
    const [{ last, count, rows, sealed }] = await this.#run<Row>(this.#in(part, after).page, values);
    return { part, count, rows: rows ?? '[]', sealed: sealed ?? Buffer.alloc(0), next: cursorOf(last) };
  }

  /** Writes what has not changed since it was read; the places in the page of the rows it wrote. */
  async write(part: Partition, write: PageWrite, current: Buffer): Promise<number[]> {
    const { slots, places, oldAt, newAt, lengths, sealed, fresh } = write;
    const values = [...slots, places, oldAt, newAt, lengths, sealed, fresh, current];
    const [{ written }] = await this.#run<{ written: string | null }>(this.#in(part).write, values);
    return written === null ? [] : (JSON.parse(written) as number[]);
  }

  /** Rows on other keys than `current`. Reads of the index only them. */
  async countOld(current: Buffer): Promise<number> {
    const [{ count }] = await this.#run<{ count: number }>(this.#ofTable.countOld, [current]);
    return count;
  }

  /** @param within - Seconds from now in which a row expires to be counted as expiring. */
  async counts(part: Partition, after: Cursor, limit: number, within: number): Promise<KeyCounts> {
    interface Row {
      last: string | null;
      counts: string | null;
    }
    const [{ last, counts }] = await this.#run<Row>(this.#in(part, after).counts, [...after, limit, within]);
    return { counts: JSON.parse(counts ?? '[]') as KeyCounts['counts'], next: cursorOf(last) };
  }

  /** Bytes of the table with its indexes. */
  async size(): Promise<number> {
    return (await this.#run<{ bytes: number }>(this.#ofTable.size, []))[0].bytes;
  }

  #in(part: Partition, after?: Cursor): ReturnType<typeof statements> {
    const isFirst = after === BEGINNING;
    const id = `${part.id}${isFirst ? '_first' : ''}`;
    let found = this.#ofPart.get(id);
    if (!found) this.#ofPart.set(id, (found = statements({ ...part, id }, isFirst)));
    return found;
  }

  #run<R extends object>(statement: Omit<Statement, 'values'>, values: unknown[]): Promise<R[]> {
    return this.database.query<R>({ ...statement, values });
  }
}

function cursorOf(last: string | null): Cursor | undefined {
  return last === null ? undefined : (JSON.parse(last) as Cursor);
}

/** @param isFirst - Whether the row at the cursor is one of the page: all four of its columns may be empty. */
function statements({ id, name: part }: Partition, isFirst: boolean) {
  const after = `(${SLOT}) ${isFirst ? '>=' : '>'} ($1, $2, $3, $4)`;
  const every = everyRow(part);
  const last = `(SELECT json_build_array(${SLOT})::text FROM ${part}
    WHERE ${after} ORDER BY ${SLOT} OFFSET $5::int - 1 LIMIT 1) AS last`;
  return {
    // One row of few columns, because parsing a thousand rows would hold up this thread. What is too long for a record
    // stays where it is: some such, and no answer would hold the page.
    page: {
      name: `byok_rotation_page_${id}`,
      text: `SELECT ${last}, p.* FROM (
          SELECT count(*)::int AS count, string_agg(record, ''::bytea) AS sealed,
            json_agg(json_build_array(${SLOT},
              CASE WHEN NOT isfinite(expires_at) THEN ${NO_MOMENT} ELSE (extract(epoch FROM expires_at) * 1000)::bigint END,
              length(record), encode(key_id, 'hex')))::text AS rows
          FROM (
            SELECT *, CASE WHEN length(ciphertext) <= ${MAX_RECORD_LENGTH} THEN ciphertext ELSE '' END AS record
            FROM ${part} WHERE ${after} ORDER BY ${SLOT} LIMIT $5::int
          ) w
          WHERE $6::bytea IS NULL OR key_id <> $6 OR substring(record FROM ${KEY_ID_AT} FOR ${KEY_ID_LENGTH}) <> $6
        ) p LIMIT ${every}`,
    },
    // Rows that somebody else has locked are skipped and seen again: who never waits is in no deadlock.
    write: {
      name: `byok_rotation_write_${id}`,
      text: `WITH mine AS (
          SELECT ${SLOT}, place, new_at, length
          FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[])
            AS q(${SLOT}, place, old_at, new_at, length)
          JOIN ${part} k USING (${SLOT})
          WHERE k.ciphertext = substring($9::bytea FROM old_at FOR length)
          FOR NO KEY UPDATE OF k SKIP LOCKED
        ), written AS (
          UPDATE ${part} k SET
            key_id = $11::bytea,
            fingerprint = substring($10::bytea FROM m.new_at FOR ${FINGERPRINT_LENGTH}),
            ciphertext = substring($10::bytea FROM m.new_at + ${FINGERPRINT_LENGTH} FOR m.length)
          FROM mine m
          WHERE k.owner_kind = m.owner_kind AND k.owner_id = m.owner_id AND k.provider = m.provider AND k.label = m.label
          RETURNING m.place
        )
        SELECT json_agg(place)::text AS written FROM written LIMIT ${every}`,
    },
    counts: {
      text: `SELECT ${last}, p.* FROM (
          SELECT json_agg(json_build_array(id, provider, rows, expired, expiring))::text AS counts FROM (
            SELECT encode(key_id, 'hex') AS id, provider, count(*) AS rows,
              count(*) FILTER (WHERE expires_at <= now()) AS expired,
              count(*) FILTER (WHERE expires_at > now() AND expires_at <= now() + make_interval(secs => $6)) AS expiring
            FROM (SELECT key_id, provider, expires_at FROM ${part} WHERE ${after} ORDER BY ${SLOT} LIMIT $5::int) w
            GROUP BY key_id, provider
          ) c
        ) p LIMIT ${every}`,
    },
  };
}

function tableStatements(table: string) {
  return {
    countOld: {
      text: `SELECT coalesce(sum(n), 0)::float8 AS count FROM (
          SELECT (SELECT count(*) FROM "${table}" k WHERE k.key_id = r.key_id) AS n FROM byok_keyring r WHERE r.key_id <> $1
        ) c LIMIT ${everyRow([`"${table}"`, 'byok_keyring'])}`,
    },
    size: {
      text: `SELECT sum(pg_total_relation_size(oid))::float8 AS bytes FROM pg_class
        WHERE oid = '"${table}"'::regclass OR oid IN (SELECT relid FROM pg_partition_tree('"${table}"'::regclass))`,
    },
  };
}
