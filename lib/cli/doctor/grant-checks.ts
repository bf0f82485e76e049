import {
  type AskDatabase,
  foreignRights,
  HIDDEN_ROWS,
  partitionDifferences,
  tablesWithHiddenRows,
} from '../../database/index.js';
import { check, type Check } from './check.js';

/** Whether others may use the tables, whether this role sees all of their rows, and whether partitions are alike. @internal */
export async function checkProtection(ask: AskDatabase, table: string): Promise<Check[]> {
  const hidden = await tablesWithHiddenRows(ask, table);
  const { roles, statements } = await foreignRights(ask, table);
  const unlike = await partitionDifferences(ask, table);
  const checks = [
    hidden.length > 0
      ? check('rows', 'fail', `Some rows are hidden from this role: ${hidden.join(', ')}.`, HIDDEN_ROWS)
      : check('rows', 'ok', 'This role sees every row.'),
    roles.length > 0
      ? check(
          'grants',
          'warn',
          `Other roles have rights on the tables: ${roles.join(', ')}.`,
          `Unless they are meant to have them, run: ${statements.join(' ')}`,
        )
      : check('grants', 'ok', 'No other role has rights on the tables.'),
  ];
  if (unlike.length === 0) return checks;
  const text = unlike.map(({ name, what }) => `${name} (${what.join('; ')})`).join(', ');
  const advice =
    'A partition can be queried by its own name: give it the rights and the row level security of the table.';
  return [...checks, check('partitions', 'fail', `Partitions are not protected as their table is: ${text}.`, advice)];
}
