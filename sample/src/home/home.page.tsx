import type { VNode } from 'preact';
import { FieldForm } from '../pages/field.js';
import { EXPECTED_ANSWERS, tryIt } from '../try-it.js';

/** What this application is and how to try it. */
export function HomePage({ user, address }: { user: string | undefined; address: string }): VNode {
  return (
    <>
      <p>
        A small NestJS application whose users bring their own API keys. Keys are encrypted, never shown again, and used
        only for their owner.
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
          : store, replace and delete them. Keys stored before sign-in are kept in the session and move to the user at
          sign-in.
        </p>
      </section>
      <section class="sample-section">
        <h2 class="byok-title">3. Use it</h2>
        <p>
          <a class="byok-link" href="/chat">
            Chat with OpenAI
          </a>{' '}
          with your own key. If you have none, you are asked for it. If OpenAI refuses it, you see that.
        </p>
        <p>
          <a class="byok-link" href="/gallery">
            The gallery
          </a>{' '}
          shows every component that you can use in your own pages.
        </p>
      </section>
      <section class="sample-section">
        <h2 class="byok-title">The same from a terminal</h2>
        <pre class="sample-code">{tryIt(address)}</pre>
        <p>Expected answers: {EXPECTED_ANSWERS}</p>
        <p>
          No OpenAI key? <code>npm run demo</code> starts the same with a stand-in for both providers that accepts any
          key.
        </p>
      </section>
    </>
  );
}
