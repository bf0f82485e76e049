import { setTimeout as sleep } from 'node:timers/promises';
import { type ByokDatabase, everyRow } from '../../database/index.js';
import type { OwnedSlot } from '../key-storage.interface.js';
import type { KeyNotice, NoticeAges } from '../many-keys.interface.js';
import { isAlive } from './default-key.js';

/** Rows that one statement looks at. */
const PAGE = 1_000;
/** How much longer than a page the pause after it is, and the milliseconds that it has at most. */
const REST = 4;
const LONGEST_REST = 500;

interface Row {
  n: number;
  owner_kind: OwnedSlot['owner']['kind'];
  owner_id: string;
  provider: string;
  label: string;
  expiring: boolean | null;
  unused: boolean | null;
}

const SLOT = ['owner_kind', 'owner_id', 'provider', 'label'];
const NOW = 'now()::timestamptz(3)';
const ms = (parameter: string) => `${parameter}::float8 * interval '1 millisecond'`;

/**
 * Goes through the table by its primary key and claims the notices that are due, a page in a statement. Of instances that come
 * to a row at once, one gets it: the other finds it claimed when it has waited for the row.
 *
 * @internal
 */
export async function* claimNotices(
  database: ByokDatabase,
  tableName: string,
  { expiringWithin, unusedFor }: NoticeAges,
): AsyncGenerator<KeyNotice[], void, undefined> {
  const statement = { name: `byok_notices_${tableName}`, text: claimOf(`"${tableName}"`) };
  let after: string[] = ['', '', '', ''];
  for (;;) {
    const begun = performance.now();
    const rows = await database.query<Row>({ ...statement, values: [...after, expiringWithin, unusedFor] });
    const took = performance.now() - begun;
    yield rows.flatMap(toNotices);
    const last = rows.at(-1);
    if (!last || Number(last.n) < PAGE) return;
    after = [last.owner_kind, last.owner_id, last.provider, last.label];
    await sleep(Math.min(REST * took, LONGEST_REST), undefined, { ref: false });
  }
}

function claimOf(table: string): string {
  // Given for this threshold, and for the key and the expiry as they are.
  const expiring = `coalesce(k.expires_at <= now() + ${ms('$5')} AND ${isAlive('k')}
    AND (k.expiring_noticed_at IS NULL OR k.expiring_noticed_at < k.expires_at - ${ms('$5')} OR k.expiring_noticed_at < k.updated_at), false)`;
  const since = `greatest(k.updated_at, k.last_used_at) + ${ms('$6')}`;
  const unused = `coalesce(${since} <= now() AND ${isAlive('k')}
    AND (k.unused_noticed_at IS NULL OR k.unused_noticed_at < ${since}), false)`;
  const noticed = (column: string, isDue: string) => `${column} = CASE WHEN ${isDue} THEN ${NOW} ELSE k.${column} END`;
  return `WITH page AS MATERIALIZED (
      SELECT row_number() OVER (ORDER BY k.owner_kind, k.owner_id, k.provider, k.label)::int AS n, k.owner_kind, k.owner_id,
        k.provider, k.label, (${expiring} OR ${unused}) AS due
      FROM ${table} k WHERE (k.owner_kind, k.owner_id, k.provider, k.label) > ($1, $2, $3, $4)
      ORDER BY k.owner_kind, k.owner_id, k.provider, k.label LIMIT ${PAGE}
    ), claimed AS (
      UPDATE ${table} k SET ${noticed('expiring_noticed_at', expiring)}, ${noticed('unused_noticed_at', unused)}
      FROM page p
      WHERE p.due AND ${SLOT.map((column) => `k.${column} = p.${column}`).join(' AND ')} AND (${expiring} OR ${unused})
      RETURNING ${SLOT.map((column) => `k.${column}`).join(', ')},
        k.expiring_noticed_at = ${NOW} AS expiring, k.unused_noticed_at = ${NOW} AS unused
    )
    SELECT p.n, ${SLOT.map((column) => `p.${column}`).join(', ')}, c.expiring, c.unused
    FROM page p LEFT JOIN claimed c USING (${SLOT.join(', ')})
    WHERE c.owner_id IS NOT NULL OR p.n = (SELECT max(n) FROM page)
    ORDER BY p.n LIMIT ${everyRow(table)}`;
}

function toNotices({ owner_kind: kind, owner_id: id, provider, label, expiring, unused }: Row): KeyNotice[] {
  const key = { owner: { kind, id }, provider, label };
  return [
    ...(expiring === true ? [{ ...key, type: 'expiring' as const }] : []),
    ...(unused === true ? [{ ...key, type: 'unused' as const }] : []),
  ];
}
