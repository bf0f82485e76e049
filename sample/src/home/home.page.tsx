import type { VNode } from 'preact';
import { tryIt } from '../try-it.js';

/** Says what this application is and what to do with it. */
export function HomePage({ user, address }: { user: string | undefined; address: string }): VNode {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>nestjs-byok sample</title>
      </head>
      <body>
        <main>
          <h1>Bring your own key</h1>
          <p>
            A small NestJS application whose users bring their own API keys. A key is stored encrypted, shown to nobody,
            and used for its owner alone.
          </p>
          {user === undefined ? <SignIn /> : <SignedIn user={user} />}
          <h2>The same from a terminal</h2>
          <pre>{tryIt(address)}</pre>
        </main>
      </body>
    </html>
  );
}

function SignIn(): VNode {
  return (
    <form method="post" action="/session">
      <p>
        <label for="user">Sign in as any name</label>{' '}
        <input id="user" name="user" required maxLength={64} defaultValue="alice" autoComplete="username" />{' '}
        <button type="submit">Sign in</button>
      </p>
    </form>
  );
}

function SignedIn({ user }: { user: string }): VNode {
  return (
    <>
      <p>
        You are signed in as <strong>{user}</strong>.
      </p>
      <p>
        <a href="/byok">Your API keys</a>
      </p>
    </>
  );
}
