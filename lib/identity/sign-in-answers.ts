import type { ByokRequest } from '../interfaces/index.js';
import { RequestState } from './request-state.js';

/** What `resolveUser` answered, now or later: a user's id, or `undefined` for a visitor. */
type Answer = string | undefined | Promise<string | undefined>;

/** An answer, and what the request looked like when it was asked for. */
interface Held {
  readonly user: unknown;
  readonly session: unknown;
  readonly answer: Answer;
}

/**
 * Answers of `resolveUser`, for stretches of a request in which only code of this library runs. Within one, it is asked
 * once; a user or a session that is replaced meanwhile makes an answer void. Everywhere else nothing is kept: the
 * application may have signed somebody in, in ways that a request does not show.
 *
 * @internal
 */
export class SignInAnswers {
  readonly #held = new RequestState<Held | null>('byok.caller');

  /** Begins a stretch. */
  hold(request: ByokRequest): void {
    if (this.#held.get(request) === undefined) this.#held.set(request, null);
  }

  /** Begins a stretch with an answer that is known. */
  holdAnswer(request: ByokRequest, answer: Answer): void {
    this.#held.set(request, { user: request.user, session: request.session, answer });
  }

  /** Forgets the answer: code of the application has run. The stretch goes on. */
  forget(request: ByokRequest): void {
    if (this.#held.get(request)) this.#held.set(request, null);
  }

  /** The answer that is held, or what `ask` gives. */
  get(request: ByokRequest, ask: () => Answer): Answer {
    const held = this.#held.get(request);
    if (held === undefined) return ask();
    const { user, session } = request;
    if (held !== null && held.user === user && held.session === session) return held.answer;
    const answer = ask();
    this.#held.set(request, { user, session, answer });
    return answer;
  }
}
