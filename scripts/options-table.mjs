// Writes the tables of docs/options.md from the TSDoc of the options: `npm run docs:options`.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import ts from 'typescript';

const ROOT = new URL('../', import.meta.url);
const SOURCES = [
  'lib/interfaces/byok-options.interface.ts',
  'lib/interfaces/schedule-options.interface.ts',
  'lib/interfaces/dashboard-options.interface.ts',
  'lib/interfaces/guard-option.interface.ts',
  'lib/byok.module-definition.ts',
];

/** The text of docs/options.md with current tables. @returns {Promise<string>} */
export async function render() {
  const path = new URL('docs/options.md', ROOT);
  const rows = await readOptions();
  const text = (await readFile(path, 'utf8')).replace(
    /(<!-- options: ([\w ]+) -->\n)[^]*?(<!-- end -->)/g,
    (_, start, names, end) => `${start}\n${table(names.split(' ').flatMap((name) => rows[name]))}\n${end}`,
  );
  return prettier.format(text, { ...(await prettier.resolveConfig(fileURLToPath(path))), parser: 'markdown' });
}

function table(rows) {
  const cells = rows.map(({ name, meaning, fallback }) => `| \`${name}\` | ${fallback} | ${meaning} |`);
  return ['| option | default | meaning |', '| --- | --- | --- |', ...cells, ''].join('\n');
}

/** The documented properties of each interface. */
async function readOptions() {
  const found = {};
  for (const source of SOURCES) {
    const text = await readFile(new URL(source, ROOT), 'utf8');
    const file = ts.createSourceFile(source, text, ts.ScriptTarget.Latest, true);
    for (const statement of file.statements.filter(ts.isInterfaceDeclaration)) {
      const name = statement.name.text;
      if (!name.startsWith('Resolved')) found[name] = statement.members.map((member) => readOption(name, member));
    }
  }
  return found;
}

function readOption(owner, member) {
  const name = member.name.getText();
  const meaning = ts.getTextOfJSDocComment(member.jsDoc?.at(-1)?.comment);
  const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'defaultValue');
  const fallback = tag ? ts.getTextOfJSDocComment(tag.comment) : member.questionToken ? undefined : 'required';
  return { name, meaning: oneLine(meaning).replace(/ Required\.$/, ''), fallback: oneLine(fallback), owner };
}

function oneLine(text = '') {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL('docs/options.md', ROOT), await render());
}
