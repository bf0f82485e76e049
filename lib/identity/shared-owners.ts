import { HttpException, Inject, Injectable, Logger } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ByokError, StorageError } from '../errors/index.js';
import type { ByokRequest, ResolvedByokOptions, SharedOwner } from '../interfaces/index.js';
import { userIdText, whyNotAnId } from './user-id.js';

/**
 * Asks the application about owners that share keys. Whose keys a request may use comes from the option `sharedOwners`, and
 * from nothing that the request says.
 *
 * @internal
 */
@Injectable()
export class SharedOwners {
  readonly #logger = new Logger('ByokModule');
  /** Kinds whose `resolve` is asynchronous. */
  readonly #slow = new Set<string>();

  constructor(@Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions) {}

  get kinds(): string[] {
    return [...this.options.sharedOwners.keys()];
  }

  has(kind: string): boolean {
    return this.options.sharedOwners.has(kind);
  }

  /**
   * The id of the caller's owner of this kind; `undefined`: there is none. Synchronous if the option is.
   *
   * @throws StorageError if it cannot be determined @throws HttpException of the application
   */
  idOf(kind: string, request: ByokRequest): string | undefined | Promise<string | undefined> {
    const id = this.#ask(
      `sharedOwners.${kind}.resolve`,
      () => this.#of(kind).resolve(request),
      (answer) => this.#checkId(kind, answer),
    );
    if (id instanceof Promise) this.#slow.add(kind);
    return id;
  }

  /** Whether looking the owner up takes time, as far as is known. */
  isSlow(kind: string): boolean {
    return this.#slow.has(kind);
  }

  /** Whether the caller may see and change the owner's keys. @throws StorageError @throws HttpException */
  async canManage(kind: string, request: ByokRequest, id: string): Promise<boolean> {
    const { canManage } = this.#of(kind);
    if (!canManage) return false;
    return this.#ask(
      `sharedOwners.${kind}.canManage`,
      () => canManage(request, id),
      (answer: unknown) => answer === true,
    );
  }

  /** The owner's name, for people. @throws StorageError @throws HttpException */
  async nameOf(kind: string, request: ByokRequest, id: string): Promise<string> {
    const { name = kind } = this.#of(kind);
    if (typeof name === 'string') return name;
    return this.#ask(
      `sharedOwners.${kind}.name`,
      () => name(request, id),
      (answer: unknown) => (typeof answer === 'string' && answer !== '' ? answer : kind),
    );
  }

  #of(kind: string): SharedOwner {
    return this.options.sharedOwners.get(kind)!;
  }

  #checkId(kind: string, id: unknown): string | undefined {
    if (id === undefined || id === null) return undefined;
    const text = userIdText(id);
    if (text !== undefined) return text;
    this.#logger.error(`The option sharedOwners.${kind}.resolve returned ${whyNotAnId(id)}, not the id of an owner.`);
    throw unavailable();
  }

  /** The application's own errors stay as they are. Others never mean that there is no owner. */
  #ask<A, T>(option: string, ask: () => A | Promise<A>, read: (answer: A) => T): T | Promise<T> {
    const failed = (error: unknown): Error => {
      if (error instanceof HttpException || error instanceof ByokError) return error;
      // Not its message, which may quote a token.
      this.#logger.error(`The option ${option} failed: ${error instanceof Error ? error.name : typeof error}`);
      return unavailable();
    };
    let answer: A | Promise<A>;
    try {
      answer = ask();
    } catch (error) {
      throw failed(error);
    }
    if (typeof (answer as { then?: unknown } | null | undefined)?.then !== 'function') return read(answer as A);
    return Promise.resolve(answer).then(read, (error: unknown) => {
      throw failed(error);
    });
  }
}

function unavailable(): StorageError {
  return new StorageError('The owner of shared keys could not be determined. Try again.');
}
