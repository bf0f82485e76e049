import type { ComponentChildren, VNode } from 'preact';
import { renderToString, scriptUrl, stylesheetUrl } from 'nestjs-byok/views';
import { SAMPLE_STYLESHEET_URL } from './stylesheet.js';

export interface SamplePageProps {
  title: string;
  /** Who is signed in. */
  user: string | undefined;
  /** Path of the page, which its link in the navigation is marked with. */
  path: string;
  main: VNode;
  locale?: string;
  direction?: 'ltr' | 'rtl';
}

const LINKS = [
  ['/', 'Home'],
  ['/chat', 'Chat'],
  ['/byok', 'API keys'],
  ['/gallery', 'Gallery'],
] as const;

/** A page of the sample's own. */
export function renderPage({
  title,
  children,
  ...props
}: Pick<SamplePageProps, 'title' | 'user' | 'path'> & { children: ComponentChildren }): string {
  const main = (
    <main class="byok-main sample-main">
      <h1 class="byok-title">{title}</h1>
      {children}
    </main>
  );
  return renderDocument({ title, main, ...props });
}

/** A document with the header of the sample, and with the stylesheet and the script of the library. */
export function renderDocument(props: SamplePageProps): string {
  return `<!doctype html>${renderToString(<SamplePage {...props} />)}`;
}

function SamplePage({ title, user, path, main, locale = 'en', direction = 'ltr' }: SamplePageProps): VNode {
  return (
    <html lang={locale} dir={direction} class="byok byok-page">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · nestjs-byok sample`}</title>
        <link rel="stylesheet" href={stylesheetUrl('/byok')} />
        <link rel="stylesheet" href={SAMPLE_STYLESHEET_URL} />
        <script src={scriptUrl('/byok')} defer />
      </head>
      <body>
        <header class="sample-header">
          <nav aria-label="Main">
            <ul class="sample-links">
              {LINKS.map(([href, text]) => (
                <li key={href}>
                  <a class="byok-link" href={href} aria-current={href === path ? 'page' : undefined}>
                    {text}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          {user !== undefined && (
            <form class="sample-user" method="post" action="/session/end">
              <span>
                Signed in as <strong>{user}</strong>
              </span>
              <button class="byok-btn byok-btn-sm" type="submit">
                Sign out
              </button>
            </form>
          )}
        </header>
        {main}
      </body>
    </html>
  );
}
