import { CsvError, parse } from 'csv-parse';
import { Readable } from 'node:stream';
import { UnreadableItem } from '../../keys/index.js';
import { BrokenInput, type ImportLine, MOST_BYTES, NOT_UTF8, refuseUtf16 } from './line.js';
import { ITEM_NAMES } from './to-item.js';

/** A column of an extra field: `fields.region`. */
const FIELD = /^fields\.(.+)$/;
const COLUMNS = [...ITEM_NAMES.filter((name) => name !== 'fields'), 'fields.<name>'];

interface Row {
  record: string[];
  info: { lines: number };
}

/**
 * Records of a CSV file, whose first line names the columns. A quote that is not closed leaves the rest unreadable: nobody
 * can say where the next record begins.
 *
 * @throws BrokenInput
 * @internal
 */
export async function* csvLines(input: AsyncIterable<Buffer>): AsyncGenerator<ImportLine> {
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: MOST_BYTES,
  });
  const source = Readable.from(checked(input));
  source.on('error', (error) => parser.destroy(error));
  let columns: string[] | undefined;
  let surplus = 0;
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<Row>) {
      // The parser counts two lines for each of these inside of quotes.
      surplus += record.join().split('\r\n').length - 1;
      if (columns) yield { line: info.lines - surplus, item: itemOf(record, columns) };
      else columns = checkColumns(record);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // Its message quotes the text.
    const { lines, code } = error as CsvError & { lines?: number };
    throw new BrokenInput(`The CSV cannot be read any further at line ${lines ?? '?'} (${code}): ${ADVICE}`);
  } finally {
    source.destroy();
  }
}

const ADVICE = 'a quote that is not closed, one in the middle of a value, or a record of more than 1 MiB.';

async function* checked(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of input) {
    if (isFirst) refuseUtf16(chunk);
    isFirst = false;
    yield chunk;
  }
}

function checkColumns(columns: string[]): string[] {
  const known = columns.every((name) => FIELD.test(name) || COLUMNS.includes(name));
  if (known && new Set(columns).size === columns.length && columns.includes('apiKey')) return columns;
  // What the line has may be keys.
  throw new BrokenInput(`The first line must name the columns, each once, of these: ${COLUMNS.join(', ')}.`);
}

/** An empty cell is one without a value. */
function itemOf(record: readonly string[], columns: readonly string[]): ImportLine['item'] {
  if (record.length !== columns.length) {
    return new UnreadableItem(`The line has ${record.length} values, not ${columns.length}.`);
  }
  if (record.some((cell) => cell.includes(NOT_UTF8))) return new UnreadableItem('The line is not UTF-8.');
  const fields: Record<string, string> = {};
  const item: Record<string, unknown> = { fields };
  columns.forEach((name, i) => {
    if (record[i] === '') return;
    const field = FIELD.exec(name)?.[1];
    Object.defineProperty(field === undefined ? item : fields, field ?? name, {
      value: record[i],
      enumerable: true,
      configurable: true,
      writable: true,
    });
  });
  return item;
}
