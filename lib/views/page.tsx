import type { ComponentChildren, VNode } from 'preact';

/** Properties of {@link Page}. @internal */
export interface PageProps {
  title: string;
  children: ComponentChildren;
}

/** The document around our pages. @internal */
export function Page({ title, children }: PageProps): VNode {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
      </head>
      <body>
        <main>
          <h1>{title}</h1>
          {children}
        </main>
      </body>
    </html>
  );
}
