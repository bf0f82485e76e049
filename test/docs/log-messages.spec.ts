import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../support/manifest.js';
import { readDocument } from './documents.js';

const METHODS = new Set(['log', 'warn', 'error', 'fatal']);

/** The literal beginnings of what a source logs, and of what it yields for another file to log. */
function messagesOf(text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isLogCall(node)) found.push(...beginningOf(node.arguments[0]));
    else if (ts.isYieldExpression(node) && node.expression) found.push(...beginningOf(node.expression));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true));
  return found;
}

function isLogCall(node: ts.Node): node is ts.CallExpression {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { expression, name } = node.expression;
  return METHODS.has(name.text) && /logger$/i.test(expression.getText());
}

function beginningOf(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  return ts.isTemplateExpression(node) ? [node.head.text] : [];
}

const logged = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/^(cli|views)/.test(path))
  .flatMap((path) => messagesOf(readFileSync(join(ROOT, 'lib', path), 'utf8')));

const section = readDocument('docs/operations.md').split('\n## Log messages\n')[1].split('\n## ')[0];
/** Up to the first `…`, which stands for what differs. */
const documented = [...section.matchAll(/^\| (?:log|warn|error) +\| `([^`]+)`/gm)].map(
  ([, text]) => text.split('…')[0],
);

describe('The log messages in docs/operations.md', () => {
  it('are all that the library logs', () => {
    expect(logged.length).toBeGreaterThan(15);
    expect(logged.filter((text) => !documented.some((row) => text.startsWith(row) || row.startsWith(text)))).toEqual(
      [],
    );
  });

  it('are logged by the library', () => {
    expect(documented.length).toBeGreaterThan(15);
    expect(documented.filter((row) => !logged.some((text) => text.startsWith(row) || row.startsWith(text)))).toEqual(
      [],
    );
  });

  it('are found as literals, templates and yields', () => {
    const source = `this.#logger.warn('One.'); logger.error(\`Two \${x}\`); function* f() { yield "Three"; } other.log('No');`;
    expect(messagesOf(source)).toEqual(['One.', 'Two ', 'Three']);
  });
});
