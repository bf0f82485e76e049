import type { ComponentChildren, VNode } from 'preact';

/** Level of a heading, as in `<h1>` to `<h6>`. @publicApi */
export type HeadingLevel = 1 | 2 | 3 | 4 | 5 | 6;

/** Properties of {@link Heading}. @internal */
export interface HeadingProps {
  level: HeadingLevel;
  id?: string;
  children: ComponentChildren;
}

const TAGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'] as const;

/** A heading that fits into the page around it. @internal */
export function Heading({ level, id, children }: HeadingProps): VNode {
  const Tag = TAGS[level - 1] ?? 'h3';
  return (
    <Tag id={id} class="byok-title">
      {children}
    </Tag>
  );
}
