import type { VNode } from 'preact';

/** @publicApi */
export type HeadingLevel = 1 | 2 | 3 | 4 | 5 | 6;

/** A heading that fits into the page around it. @internal */
export function heading(level: HeadingLevel, props: { id?: string; class: string; children: string }): VNode {
  const Tag = `h${[1, 2, 3, 4, 5, 6].includes(level) ? level : 3}` as 'h1';
  return <Tag {...props} />;
}
