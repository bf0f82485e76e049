// Leaves of the built types what the entry points of the package reach. TypeScript strips the declarations that are marked
// @internal; this removes the exports that named them, and the files that nothing imports any more. Optional properties may
// also be undefined, for applications with exactOptionalPropertyTypes.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

const all = (await readdir(DIST, { recursive: true }))
  .filter((name) => name.endsWith('.d.ts'))
  .map((name) => join(DIST, name));
const program = ts.createProgram(all, {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: [],
  noLib: true,
  // Other packages do not matter here.
  noResolve: true,
});
const checker = program.getTypeChecker();

/** Whether what a name refers to was stripped. */
function isStripped(specifier) {
  const symbol = checker.getSymbolAtLocation(specifier.name);
  return !symbol || !checker.getAliasedSymbol(symbol).declarations;
}

/** @returns {{ text: string, modules: string[] }} A file without the exports of stripped declarations, and what it imports. */
function trim(file) {
  const modules = [];
  let text = '';
  for (const statement of file.statements) {
    const from = statement.moduleSpecifier?.text;
    const names =
      ts.isExportDeclaration(statement) && from?.startsWith('.') ? statement.exportClause?.elements : undefined;
    const kept = names?.filter((name) => !isStripped(name));
    if (kept?.length === 0) continue;
    refuseStripped(file, statement);
    modules.push(...importedBy(statement));
    const isWhole = kept?.length === names?.length;
    text += isWhole
      ? withUndefined(statement)
      : `\nexport ${statement.isTypeOnly ? 'type ' : ''}{ ${kept.map((name) => name.getText()).join(', ')} } from '${from}';`;
  }
  return { text: text.trim() === '' ? 'export {};\n' : `${text.trim()}\n`, modules };
}

/** A published declaration that is made of a stripped one does not compile where the package is used. */
function refuseStripped(file, statement) {
  const imported = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings?.elements : undefined;
  const isOurs = statement.moduleSpecifier?.text.startsWith('.');
  const stripped = isOurs ? imported?.find(isStripped) : undefined;
  if (stripped) throw new Error(`${file.fileName} uses ${stripped.name.getText()}, which is marked @internal.`);
}

/** The text of a statement, with `| undefined` in the type of each optional property. */
function withUndefined(statement) {
  const inserted = [];
  const visit = (node) => {
    if (ts.isPropertySignature(node) && node.questionToken && node.type && !/\bundefined$/.test(node.type.getText())) {
      const isFunction = ts.isFunctionTypeNode(node.type) || ts.isConditionalTypeNode(node.type);
      if (isFunction) inserted.push([node.type.getStart(), '(']);
      inserted.push([node.type.getEnd(), isFunction ? ') | undefined' : ' | undefined']);
    }
    ts.forEachChild(node, visit);
  };
  visit(statement);
  let text = statement.getFullText();
  inserted.sort(([a], [b]) => b - a);
  for (const [at, what] of inserted) {
    const place = at - statement.getFullStart();
    text = text.slice(0, place) + what + text.slice(place);
  }
  return text;
}

/** The relative modules that a statement names, in `import()` types too. */
function importedBy(node) {
  const found = [];
  const visit = (inner) => {
    if (ts.isStringLiteral(inner) && inner.text.startsWith('.')) found.push(inner.text);
    ts.forEachChild(inner, visit);
  };
  visit(node);
  return found;
}

const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
const left = Object.values(exports).flatMap(({ types }) => (types ? [join(ROOT, types)] : []));
const reached = new Set(left);
for (let path = left.pop(); path; path = left.pop()) {
  const { text, modules } = trim(program.getSourceFile(path));
  await writeFile(path, text);
  for (const module of modules) {
    const target = join(path, '..', module.replace(/\.js$/, '.d.ts'));
    if (!reached.has(target)) left.push(target);
    reached.add(target);
  }
}
await Promise.all(all.filter((path) => !reached.has(path)).map((path) => rm(path)));
