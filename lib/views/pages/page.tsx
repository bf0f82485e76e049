import type { ComponentChildren, VNode } from 'preact';
import { directionOf } from '../format/index.js';
import type { ReaderProps } from '../translate.js';

/** Properties of {@link Page}. @internal */
export interface PageProps extends ReaderProps {
  title: string;
  children: ComponentChildren;
  /** Addresses of the stylesheet and the script. Default: a page without. */
  stylesheet?: string;
  script?: string;
  /** Default: as the system has it. */
  theme?: 'light' | 'dark';
}

/** The document around our pages. @internal */
export function Page({ title, children, stylesheet, script, theme, locale = 'en' }: PageProps): VNode {
  return (
    <html lang={locale} dir={directionOf(locale)} class="byok byok-page" data-theme={theme}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={theme ?? 'light dark'} />
        <title>{title}</title>
        {stylesheet !== undefined && <link rel="stylesheet" href={stylesheet} />}
        {script !== undefined && <script src={script} defer />}
      </head>
      <body>
        <main class="byok-main">{headed(title, children)}</main>
      </body>
    </html>
  );
}

/** The same content for the page of an application. @internal */
export function pageContent({ title, children, theme }: Pick<PageProps, 'title' | 'children' | 'theme'>): VNode {
  return (
    <div class="byok byok-main" data-theme={theme}>
      {headed(title, children)}
    </div>
  );
}

function headed(title: string, children: ComponentChildren): VNode {
  return (
    <>
      <h1 class="byok-title">{title}</h1>
      {children}
    </>
  );
}
