import type { VNode } from 'preact';
import { renderToString as renderPreact } from 'preact-render-to-string';

/**
 * A component as HTML. Every text and attribute is escaped.
 *
 * @publicApi
 */
export function renderToString(component: VNode): string {
  return renderPreact(component);
}

/** A whole document. @internal */
export function renderDocument(page: VNode): string {
  return `<!doctype html>${renderPreact(page)}`;
}
