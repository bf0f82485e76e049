import { attributes, markup, type Markup } from './markup.js';

/** Level of a heading, as in `<h1>` to `<h6>`. @publicApi */
export type HeadingLevel = 1 | 2 | 3 | 4 | 5 | 6;

/** A heading that fits into the page around it. @internal */
export function heading(level: HeadingLevel, text: string, id?: string): Markup {
  const own = attributes({ id });
  switch (level) {
    case 1:
      return markup`<h1 class="byok-title" ${own}>${text}</h1>`;
    case 2:
      return markup`<h2 class="byok-title" ${own}>${text}</h2>`;
    case 4:
      return markup`<h4 class="byok-title" ${own}>${text}</h4>`;
    case 5:
      return markup`<h5 class="byok-title" ${own}>${text}</h5>`;
    case 6:
      return markup`<h6 class="byok-title" ${own}>${text}</h6>`;
    default:
      return markup`<h3 class="byok-title" ${own}>${text}</h3>`;
  }
}
