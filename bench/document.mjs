// Writes the figures of docs/performance.json into docs/performance.md, as tables and images: `npm run bench:document`.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { barChart, number } from './support/bar-chart.mjs';
import { judge } from './targets.mjs';

const DOCS = new URL('../docs/', import.meta.url);

const SIDES = {
  bare: 'bare route, no key',
  inMemory: 'record in memory, opened',
  handWritten: 'written by hand into the handler',
  team: 'guard, findOne, cipher library',
  database: 'nestjs-byok, database',
  hybrid: 'nestjs-byok, hybrid',
};

const SESSIONS = {
  bare: 'bare route',
  session: 'with a session in front',
  key: 'nestjs-byok, key in the session',
};

/** Everything that is made from the figures: by file name. @returns {Promise<Record<string, string>>} */
export async function render() {
  const results = JSON.parse(await readFile(new URL('performance.json', DOCS), 'utf8'));
  const text = await readFile(new URL('performance.md', DOCS), 'utf8');
  return {
    'performance.md': Object.entries(tablesOf(results)).reduce(put, text),
    'performance-express.svg': routeChart('Express', results.express),
    'performance-fastify.svg': routeChart('Fastify', results.fastify),
    'performance-sessions.svg': sessionChart(results),
  };
}

function tablesOf(results) {
  const { machine, express, fastify, flight, crypto, writes, rotation, sizes, sweep, memory, views } = results;
  return {
    machine: list([
      `${machine.date}, commit \`${machine.commit}\`, Node ${machine.node}, ${Object.entries(machine.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ')}`,
      `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; Postgres, server and load on this one machine`,
    ]),
    targets: table(
      ['', 'measure', 'reached', 'target', ''],
      judge(results).map(({ id, measure, value, target, isMet }) => [
        id,
        measure,
        value,
        target,
        isMet ? 'met' : '**missed**',
      ]),
    ),
    routes: table(
      ['requests a second, 50 connections', 'Express', 'Fastify'],
      Object.entries(SIDES).map(([side, name]) => [
        name,
        number(express.throughput[side]),
        number(fastify.throughput[side]),
      ]),
    ),
    latency: table(
      ['µs, one connection, median', 'Express', 'Fastify'],
      Object.entries(SIDES).map(([side, name]) => [name, number(express.latency[side]), number(fastify.latency[side])]),
    ),
    flight: table(
      ['requests under way', 'by hand', 'ours', 'ours, `preparedStatements: false`', 'ours, one of five providers'],
      Object.entries(flight.throughput).map(([count, { handWritten, coalesced, unprepared, anyOfFive }]) =>
        [count, handWritten, coalesced, unprepared, anyOfFive].map((value, i) => (i === 0 ? value : number(value))),
      ),
    ),
    sessions: table(
      ['requests a second', 'Express', 'Fastify'],
      Object.entries(SESSIONS).map(([side, name]) => [
        name,
        number(results.expressSessions.throughput[side]),
        number(results.fastifySessions.throughput[side]),
      ]),
    ),
    crypto: table(
      ['µs a record', 'nestjs-byok', 'AES-256-GCM alone', 'Fernet (Python)'],
      ['seal', 'open'].map((work) => {
        const { ours, gcm, fernet } = crypto[work].microseconds;
        return [work, number(ours), number(gcm), fernet === null ? 'not measured' : number(fernet)];
      }),
    ),
    rest: table(
      ['', 'figure'],
      [
        ['`setKey`, 50 writers', `${number(writes.writesASecond.setKey)} a second`],
        ['upsert by hand, of five columns', `${number(writes.writesASecond.handWritten)} a second`],
        ['upsert by hand, of the row that we store', `${number(writes.writesASecond.sameRow)} a second`],
        [`re-encryption of ${number(rotation.rows)} rows`, `${number(rotation.rowsASecond.rotate)} rows a second`],
        ['UPDATE of constants', `${number(rotation.rowsASecond.constants)} rows a second`],
        ['`save()` of entities', `${number(rotation.rowsASecond.save)} rows a second`],
        ['event-loop delay meanwhile, p99', `${number(rotation.eventLoopDelay.p99)} ms`],
        [`a row in a table of ${number(sizes.rows)}`, `${number(sizes.bytesARow)} bytes, heap and indexes`],
        [
          'guarded route with it, median latency',
          `${number(sizes.latency.large)} µs, of 10,000 rows ${number(sizes.latency.small)} µs`,
        ],
        [`sweep of ${number(sweep.swept)} of ${number(sweep.rows)} rows`, `${number(sweep.sweepSeconds)} s`],
        ['p99 of the route meanwhile', `${number(sweep.p99.sweeping)} ms, idle ${number(sweep.p99.idle)} ms`],
        ['dashboard of 20 keys', `${number(views.withKeys)} ms`],
        ...memoryRows(memory),
      ],
    ),
  };
}

/** Ten minutes of the full run alone. */
function memoryRows(memory) {
  if (!memory) return [];
  const { minutes, megabytes } = memory;
  return [
    [
      `memory after each of ${minutes} minutes, 200 connections`,
      `${megabytes.map((mb) => mb.toFixed(0)).join(', ')} MB`,
    ],
  ];
}

function routeChart(platform, { throughput }) {
  const bars = Object.entries(SIDES).map(([side, name]) => ({
    name,
    value: throughput[side],
    isOurs: name.startsWith('nestjs-byok'),
  }));
  return barChart({ title: `Requests a second on ${platform}, 50 connections`, bars });
}

function sessionChart({ expressSessions, fastifySessions }) {
  const bars = Object.entries({ Express: expressSessions, Fastify: fastifySessions }).flatMap(
    ([platform, { throughput }]) =>
      Object.entries(SESSIONS).map(([side, name]) => ({
        name: `${platform}, ${name.replace('nestjs-byok, ', '')}`,
        value: throughput[side],
        isOurs: side === 'key',
      })),
  );
  return barChart({ title: 'Requests a second with a session in memory, 50 connections', bars });
}

function put(text, [name, markdown]) {
  const mark = new RegExp(`(<!-- figures: ${name} -->\n).*?(<!-- end -->)`, 's');
  if (!mark.test(text)) throw new Error(`docs/performance.md has no place for ${name}`);
  return text.replace(mark, (_, start, end) => `${start}\n${markdown}\n${end}`);
}

function list(lines) {
  return lines.map((line) => `- ${line}\n`).join('');
}

/** As wide as Prettier makes it. */
function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => [...row[column]].length)));
  const line = (cells) =>
    `| ${cells.map((cell, i) => cell + ' '.repeat(widths[i] - [...cell].length)).join(' | ')} |\n`;
  return line(head) + line(widths.map((width) => '-'.repeat(width))) + rows.map(line).join('');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, content] of Object.entries(await render())) await writeFile(new URL(name, DOCS), content);
}
