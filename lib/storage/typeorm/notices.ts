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
  claimed: boolean;
}

const SLOT = ['owner_kind', 'owner_id', 'provider', 'label'];
const AGE = `$5::float8 * interval '1 millisecond'`;

/** When each notice is due, and since when it was given for the key as it is. A key may have been stored a little after `now()`. */
const KINDS = {
  expiring: { column: 'expiring_noticed_at', due: `k.expires_at - ${AGE}` },
  unused: { column: 'unused_noticed_at', due: `greatest(k.updated_at, k.last_used_at) + ${AGE}` },
};

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
  if (expiringWithin !== null) yield* claimKind(database, tableName, 'expiring', expiringWithin);
  if (unusedFor !== null) yield* claimKind(database, tableName, 'unused', unusedFor);
}

async function* claimKind(
  database: ByokDatabase,
  tableName: string,
  type: KeyNotice['type'],
  age: number,
): AsyncGenerator<KeyNotice[], void, undefined> {
  const statement = { name: `byok_notices_${type}_${tableName}`, text: claimOf(`"${tableName}"`, KINDS[type]) };
  let after: string[] = ['', '', '', ''];
  for (;;) {
    const begun = performance.now();
    const rows = await database.query<Row>({ ...statement, values: [...after, age] });
    const took = performance.now() - begun;
    yield rows
      .filter(({ claimed }) => claimed)
      .map(({ owner_kind: kind, owner_id: id, provider, label }) => ({ type, owner: { kind, id }, provider, label }));
    const last = rows.at(-1);
    if (!last || Number(last.n) < PAGE) return;
    after = [last.owner_kind, last.owner_id, last.provider, last.label];
    await sleep(Math.min(REST * took, LONGEST_REST), undefined, { ref: false });
  }
}

function claimOf(table: string, { column, due }: (typeof KINDS)[KeyNotice['type']]): string {
  const isDue = `coalesce(${due} <= now() AND ${isAlive('k')}
    AND (k.${column} IS NULL OR k.${column} < ${due} OR k.${column} < k.updated_at), false)`;
  return `WITH page AS MATERIALIZED (
      SELECT row_number() OVER (ORDER BY k.owner_kind, k.owner_id, k.provider, k.label)::int AS n, k.owner_kind, k.owner_id,
        k.provider, k.label, ${isDue} AS due
      FROM ${table} k WHERE (k.owner_kind, k.owner_id, k.provider, k.label) > ($1, $2, $3, $4)
      ORDER BY k.owner_kind, k.owner_id, k.provider, k.label LIMIT ${PAGE}
    ), claimed AS (
      UPDATE ${table} k SET ${column} = greatest(now() + interval '1 millisecond', k.updated_at, ${due})
      FROM page p
      WHERE p.due AND ${SLOT.map((name) => `k.${name} = p.${name}`).join(' AND ')} AND ${isDue}
      RETURNING ${SLOT.map((name) => `k.${name}`).join(', ')}
    )
    SELECT p.n, ${SLOT.map((name) => `p.${name}`).join(', ')}, c.owner_id IS NOT NULL AS claimed
    FROM page p LEFT JOIN claimed c USING (${SLOT.join(', ')})
    WHERE c.owner_id IS NOT NULL OR p.n = (SELECT max(n) FROM page)
    ORDER BY p.n LIMIT ${everyRow(table)}`;
}
