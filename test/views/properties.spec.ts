import { describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { FIXTURES, PROVIDER_CONFIG, PROVIDER_FIELD, STORED_KEY } from './fixtures.js';

const file = fileURLToPath(new URL('../../lib/views/index.ts', import.meta.url));
const program = ts.createProgram([file], {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  jsx: ts.JsxEmit.ReactJSX,
  jsxImportSource: 'preact',
  strict: true,
  skipLibCheck: true,
  types: ['node'],
});
const checker = program.getTypeChecker();
const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!);

/** Names of the properties that can hold a text, be it deep inside. */
function textProperties(name: string): string[] {
  const symbol = exported.find((candidate) => candidate.name === name)!;
  return checker
    .getDeclaredTypeOfSymbol(symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
    .getProperties()
    .filter((property) => holdsText(checker.getTypeOfSymbol(property)))
    .map((property) => property.name);
}

function holdsText(type: ts.Type): boolean {
  if (type.isUnion()) return type.types.some(holdsText);
  const without = ts.TypeFlags.BooleanLike | ts.TypeFlags.NumberLike | ts.TypeFlags.Undefined | ts.TypeFlags.Null;
  return !(type.flags & without) && !['Date', 'RegExp'].includes(checker.typeToString(type));
}

// What the hostile texts are put into must be everything that takes a text.
describe('the properties that hold texts', () => {
  it('are found', () =>
    expect(textProperties('AlertProps')).toEqual(expect.arrayContaining(['message', 'kind', 'id'])));

  const propsTypes = exported.map(({ name }) => name).filter((name) => /Props$/.test(name) && !/Page/.test(name));
  it.each(propsTypes)('%s are all in the fixtures', (type) => {
    const component = type.replace(/Props$/, '');
    const fixtures = FIXTURES.filter(({ name }) => name === component || (component === 'Icon' && /Icon$/.test(name)));
    const given = new Set(fixtures.flatMap(({ props }) => Object.keys(props)));
    // What several components take, and none of its own.
    if (['ReaderProps', 'FormStateProps'].includes(type)) return expect(fixtures).toEqual([]);
    expect(fixtures).not.toEqual([]);
    expect(textProperties(type).filter((name) => !given.has(name))).toEqual([]);
  });

  it('of what they contain are too', () => {
    expect(textProperties('StoredKeyView').filter((name) => !(name in STORED_KEY))).toEqual([]);
    expect(textProperties('ExtraField').filter((name) => name !== 'name' && !(name in PROVIDER_FIELD))).toEqual([]);
    expect(textProperties('ProviderInfo').filter((name) => !(name in PROVIDER_CONFIG))).toEqual([]);
  });
});
