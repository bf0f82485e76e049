import type { VNode } from 'preact';
import { renderToString as renderPreact } from 'preact-render-to-string';

/**
 * A component as HTML, for any template engine. Every text and attribute is escaped.
 *
 * @example
 * ```tsx
 * renderToString(Alert({ message: 'Saved.', kind: 'success' })); // or h(Alert, { … }), or JSX
 * ```
 *
 * @publicApi
 */
export function renderToString<Props>(component: VNode<Props>): string {
  return renderPreact(component as VNode<unknown> as VNode);
}

/** A whole document. @internal */
export function renderDocument(page: VNode): string {
  return `<!doctype html>${renderPreact(page)}`;
}
