import type { VNode } from 'preact';
import { Alert } from 'nestjs-byok/views';
import { FieldForm } from '../pages/field.js';

export interface ChatPageProps {
  message?: string;
  reply?: string;
  /** Shown instead of a reply. */
  error?: string;
}

/** A form for a question, and the reply. */
export function ChatPage({ message = 'Hello', reply, error }: ChatPageProps): VNode {
  return (
    <>
      <p>Your message goes to OpenAI with your own key. Messages are not stored.</p>
      {error !== undefined && <Alert kind="error" style="soft" message={error} />}
      {reply !== undefined && (
        <section class="sample-section" aria-labelledby="reply">
          <h2 class="byok-title" id="reply">
            Reply
          </h2>
          <p class="sample-reply">{reply}</p>
        </section>
      )}
      <FieldForm action="/chat/ask" field="message" label="Message" button="Send" value={message} maxLength={8_000} />
    </>
  );
}
