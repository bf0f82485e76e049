import { type ByokDatabase, everyRow } from '../../database/index.js';
import type { KeyOwner } from '../../interfaces/index.js';
import type { OwnedSlot } from '../key-storage.interface.js';
import { isAlive } from './default-key.js';

/** Rows that one statement looks at. */
const PAGE = 1_000;

interface Row {
  owner_kind: OwnedSlot['owner']['kind'];
  owner_id: string;
  provider: string;
  label: string;
  due: boolean;
}

/**
 * Goes through the table by its primary key, a page in a statement, so that none is long. What is stored behind the place it
 * has come to is left for the next time.
 *
 * @internal
 */
export async function* walkUnchecked(
  database: ByokDatabase,
  tableName: string,
  { providers, age, owner }: { providers: readonly string[]; age: number; owner: KeyOwner | undefined },
): AsyncGenerator<OwnedSlot[], void, undefined> {
  const table = `"${tableName}"`;
  const statement = {
    name: `byok_unchecked_${tableName}`,
    text: `SELECT k.owner_kind, k.owner_id, k.provider, k.label,
        k.provider = ANY ($5::text[]) AND ${isAlive('k')} AND coalesce(
          k.checked_at < k.updated_at OR k.check_outcome = 'unknown' OR k.checked_at < now() - $6::float * interval '1 millisecond',
          true
        ) AS due
      FROM ${table} k
      WHERE ($7::text IS NULL OR (k.owner_kind = $7 AND k.owner_id = $8)) AND (k.owner_kind, k.owner_id, k.provider, k.label) > ($1, $2, $3, $4)
      ORDER BY k.owner_kind, k.owner_id, k.provider, k.label LIMIT ${everyRow(table, String(PAGE))}`,
  };
  let after: [string, string, string, string] = ['', '', '', ''];
  for (;;) {
    const rows = await database.query<Row>({
      ...statement,
      values: [...after, providers, age, owner?.kind ?? null, owner?.id ?? null],
    });
    yield rows.filter(({ due }) => due).map(toSlot);
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = [last.owner_kind, last.owner_id, last.provider, last.label];
  }
}

function toSlot({ owner_kind: kind, owner_id: id, provider, label }: Row): OwnedSlot {
  return { owner: { kind, id }, provider, label };
}
