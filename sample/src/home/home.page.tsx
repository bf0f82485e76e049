import type { VNode } from 'preact';
import { FieldForm } from '../pages/field.js';
import { tryIt, WHAT_TO_EXPECT } from '../try-it.js';

/** Says what this application is and what to do with it. */
export function HomePage({ user, address }: { user: string | undefined; address: string }): VNode {
  return (
    <>
      <p>
        A small NestJS application whose users bring their own API keys. A key is stored encrypted, shown to nobody, and
        used for its owner alone.
      </p>
      <section class="sample-section">
        <h2 class="byok-title">1. Sign in</h2>
        {user === undefined ? (
          <FieldForm
            action="/session"
            field="user"
            label="Sign in as any name"
            button="Sign in"
            value="alice"
            maxLength={64}
            autoComplete="username"
          />
        ) : (
          <p>
            You are signed in as <strong>{user}</strong>.
          </p>
        )}
      </section>
      <section class="sample-section">
        <h2 class="byok-title">2. Store a key</h2>
        <p>
          <a class="byok-link" href="/byok">
            Your API keys
          </a>
          : store, replace and delete them there. A visitor’s keys are kept in the session and become the user’s at
          sign-in.
        </p>
      </section>
      <section class="sample-section">
        <h2 class="byok-title">3. Use it</h2>
        <p>
          <a class="byok-link" href="/chat">
            Chat with OpenAI
          </a>{' '}
          with your own key. Without one you are asked for it; with one that OpenAI does not take, you are told so.
        </p>
        <p>
          <a class="byok-link" href="/gallery">
            The gallery
          </a>{' '}
          shows every component that an application can place in pages of its own.
        </p>
      </section>
      <section class="sample-section">
        <h2 class="byok-title">The same from a terminal</h2>
        <pre class="sample-code">{tryIt(address)}</pre>
        <p>They answer: {WHAT_TO_EXPECT}</p>
        <p>
          No OpenAI key at hand? <code>npm run demo</code> starts the same with a stand-in for both providers, which
          takes any key and says what it received.
        </p>
      </section>
    </>
  );
}
