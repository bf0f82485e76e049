import type { VNode } from 'preact';
import { tryIt, WHAT_TO_EXPECT } from '../try-it.js';

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
          <h2>1. Sign in</h2>
          {user === undefined ? <SignIn /> : <SignedIn user={user} />}
          <h2>2. Store a key</h2>
          <p>
            <a href="/byok">Your API keys</a>: store, replace and delete them there. A visitor's keys are kept in the
            session and become the user's at sign-in.
          </p>
          <h2>3. Use it</h2>
          <p>
            This calls OpenAI with your key. Without one you are asked for it; with one that OpenAI does not take, you
            are told so.
          </p>
          <Ask action="/chat" field="message" label="Message" button="Chat with OpenAI" />
          <Ask action="/summarise" field="text" label="Text" button="Summarise with OpenAI or Anthropic" />
          <h2>The same from a terminal</h2>
          <pre>{tryIt(address)}</pre>
          <p>They answer: {WHAT_TO_EXPECT}</p>
          <p>
            No OpenAI key at hand? <code>npm run demo</code> starts the same with a stand-in for both providers, which
            takes any key and says what it received.
          </p>
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
      <form method="post" action="/session/end">
        <button type="submit">Sign out</button>
      </form>
    </>
  );
}

function Ask(props: { action: string; field: string; label: string; button: string }): VNode {
  const { action, field, label, button } = props;
  return (
    <form method="post" action={action}>
      <p>
        <label for={field}>{label}</label> <input id={field} name={field} required defaultValue="Hello" />{' '}
        <button type="submit">{button}</button>
      </p>
    </form>
  );
}
