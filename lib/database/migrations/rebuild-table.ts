import type { QueryRunner } from 'typeorm';
import { ConfigurationError } from '../../errors/index.js';
import { everyRow } from '../row-security.js';
import { lockTable } from './lock-table.js';
import { refuseLosses } from './rebuild-losses.js';
import type { AskDatabase } from './schema-state.js';
import { differences, factsOf, statementOf, statementsOf, type TableFact, treeOf } from './table-facts.js';

/** For putting the new table in the old one's place. */
const SWAP = { within: 1_000, pause: 1_000, attempts: 30 };

/**
 * Copies the table into one with that many hash partitions by `owner_id`, or into a plain one for 1, and puts it in the
 * old one's place, within the transaction of the runner: if it fails, nothing has changed. Writers wait for all of it,
 * readers only for the last moment. The copy is owned and protected as the table was, and so is each partition, which is a
 * table of its own: nobody else sees a row of them before, and after only who saw it before.
 *
 * @throws ConfigurationError if the table has what a copy would lose
 * @internal
 */
export async function rebuildTable(runner: QueryRunner, table: string, parts: number): Promise<void> {
  const ask: AskDatabase = (text, values) => runner.query(text, values);
  const [{ kind }] = await ask<{ kind: string }>('SELECT relkind AS kind FROM pg_class WHERE oid = $1::regclass', [
    `"${table}"`,
  ]);
  // Somebody has partitioned it in their own way, or made it one table again.
  if ((kind === 'p') === parts > 1) return;
  await runner.query(`SET LOCAL statement_timeout = 0`);
  await runner.query(`SET LOCAL lock_timeout = '10s'`);
  await runner.query(`SET LOCAL default_tablespace = ''`);
  // Before the look at it: nothing but rights can change until the end.
  await runner.query(`LOCK TABLE "${table}" IN SHARE ROW EXCLUSIVE MODE`);
  await refuseLosses(ask, table);
  const fresh = `${table}_new`;
  await create(runner, table, fresh, parts);
  await carryOver(ask, table, fresh, ['each', 'leaf']);
  await runner.query(`INSERT INTO "${fresh}" SELECT * FROM "${table}" LIMIT ${everyRow(`"${table}"`)}`);
  await addIndexes(runner, table, fresh);
  // Nothing does that by itself for a table of partitions.
  await runner.query(`ANALYZE "${fresh}"`);
  await lockTable(runner, table, SWAP);
  const before = await wantedOf(ask, table);
  await runner.query(`DROP TABLE "${table}"`);
  await runner.query(`ALTER TABLE "${fresh}" RENAME TO "${table}"`);
  for (const name of ['pkey', 'expires_at', 'key_id']) {
    await runner.query(`ALTER INDEX "${fresh}_${name}" RENAME TO "${table}_${name}"`);
  }
  const name = `"${table}"`;
  for (const { head, tail } of before.facts.filter(({ scope }) => scope === 'root')) {
    await runner.query(`${head}${name}${tail}`);
  }
  await requireSame(ask, table, before);
}

interface Wanted {
  facts: TableFact[];
  each: string[];
  leaf: string[];
  root: string[];
}

/** Of a table of partitions, which are all alike, what is about the rows' storage is that of the first. */
async function wantedOf(ask: AskDatabase, table: string): Promise<Wanted> {
  const tree = await treeOf(ask, table);
  const facts = await factsOf(ask, tree);
  const [root, leaf] = [tree[0].id, tree[tree.length - 1].id];
  return {
    facts: facts.filter(({ id, scope }) => id === (scope === 'leaf' ? leaf : root)),
    each: statementsOf(facts, root, 'each'),
    leaf: statementsOf(facts, leaf, 'leaf'),
    root: statementsOf(facts, root, 'root'),
  };
}

/** Takes from the new tables what the old one has not, such as rights that the schema gives to every table, and adds the rest. */
async function carryOver(ask: AskDatabase, table: string, fresh: string, scopes: TableFact['scope'][]): Promise<void> {
  const { facts: wanted } = await wantedOf(ask, table);
  const tree = await treeOf(ask, fresh);
  const keys = new Set(wanted.map(statementOf));
  // The owner first: rights are then given by that role.
  for (const pass of ['owner', 'undo', 'add'] as const) {
    const facts = await factsOf(ask, tree);
    for (const [i, { id, name }] of tree.entries()) {
      const own = facts.filter((fact) => fact.id === id);
      const has = new Set(own.map(statementOf));
      const missing = wanted.filter(
        (fact) =>
          scopes.includes(fact.scope) &&
          !has.has(statementOf(fact)) &&
          !(fact.scope === 'leaf' && i === 0 && tree.length > 1),
      );
      const statements =
        pass === 'undo'
          ? own
              .filter((fact) => fact.undo !== null && !keys.has(statementOf(fact)))
              .map(({ undo, undoTail }) => `${undo}${name}${undoTail}`)
          : missing
              .filter(({ tail }) => pass === 'add' || tail.startsWith(' OWNER TO '))
              .map(({ head, tail }) => `${head}${name}${tail}`);
      for (const statement of statements) await ask(statement, []);
    }
  }
}

/** Nothing that guards the rows may be lost or gained, not even by what somebody changed meanwhile. @throws ConfigurationError */
async function requireSame(ask: AskDatabase, table: string, { each, leaf, root }: Wanted): Promise<void> {
  const tree = await treeOf(ask, table);
  const facts = await factsOf(ask, tree);
  const found = tree.flatMap(({ id }, i) => [
    ...differences(each, statementsOf(facts, id, 'each')),
    ...(i > 0 || tree.length === 1 ? differences(leaf, statementsOf(facts, id, 'leaf')) : []),
    ...(i === 0 ? differences(root, statementsOf(facts, id, 'root')) : []),
  ]);
  if (found.length === 0) return;
  throw new ConfigurationError(
    `The copy of the table ${table} would not be protected as the table is: ${[...new Set(found)].join('; ')}. Nothing was changed. If rights were changed meanwhile, run the migration again.`,
  );
}

function partitionNames(table: string, parts: number): string[] {
  return Array.from({ length: parts }, (_, i) => `${table}_p${String(i).padStart(2, '0')}`);
}

async function create(runner: QueryRunner, table: string, fresh: string, parts: number): Promise<void> {
  const like = `(LIKE "${table}" INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMPRESSION)`;
  if (parts === 1) return void (await runner.query(`CREATE TABLE "${fresh}" ${like}`));
  await runner.query(`CREATE TABLE "${fresh}" ${like} PARTITION BY HASH (owner_id)`);
  for (const [i, name] of partitionNames(table, parts).entries()) {
    await runner.query(
      `CREATE TABLE "${name}" PARTITION OF "${fresh}" FOR VALUES WITH (MODULUS ${parts}, REMAINDER ${i})`,
    );
  }
}

/** After the rows, which is quicker than with each. */
async function addIndexes(runner: QueryRunner, table: string, fresh: string): Promise<void> {
  const natural = 'owner_kind, owner_id, provider, label';
  await runner.query(`ALTER TABLE "${fresh}" ADD CONSTRAINT "${fresh}_pkey" PRIMARY KEY (${natural})`);
  await runner.query(`CREATE INDEX "${fresh}_expires_at" ON "${fresh}" (expires_at) WHERE expires_at IS NOT NULL`);
  await runner.query(`CREATE INDEX "${fresh}_key_id" ON "${fresh}" (key_id)`);
  await runner.query(
    `ALTER TABLE "${fresh}" ADD CONSTRAINT "${table}_key_id_fkey" FOREIGN KEY (key_id) REFERENCES byok_keyring (key_id)`,
  );
}
