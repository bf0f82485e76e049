import { randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { EncryptionService, Keyring, RootKey } from '../crypto/index.js';
import { ByokError, ConfigurationError, KeyWrapperError, StorageError } from '../errors/index.js';
import type { KeyWrapper, ResolvedByokOptions } from '../interfaces/index.js';
import { KeyringTable, UNDEFINED_COLUMN, type WrappedRoot } from './keyring-table.js';
import { RootKeyWrapper } from './root-key-wrapping.js';
import { askWrapper, isOutage, pause } from './wrapper-calls.js';

/** Milliseconds between two attempts of an instance that was started in an outage: at first, and at most. */
const FIRST_PAUSE = 1_000;
const LAST_PAUSE = 30_000;

/**
 * The roots that key management services wrap: 32 random bytes, made once for a database, wrapped in its keyring.
 * They are unwrapped when the application starts, and stay with it: a running instance needs no service.
 *
 * @internal
 */
@Injectable()
export class WrappedRootKeys implements BeforeApplicationShutdown {
  readonly #logger = new Logger('ByokModule');
  readonly #ending = new AbortController();
  readonly #wrapping: RootKeyWrapper;

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly keyring: Keyring,
    private readonly registry: KeyringTable,
  ) {
    this.#wrapping = new RootKeyWrapper(keyring, this.#ending.signal);
  }

  /**
   * Gives the keyring its roots. Where their service is away, that is gone on with in the background, and until then
   * what needs them is 503.
   *
   * @returns ids of the keys that are waited for
   * @throws ConfigurationError if a service refuses, or a wrapper is missing
   * @throws KeyWrapperError if the service is away and there is no root yet: nobody has a key then, and a wrong
   * address is likelier than an outage
   */
  async open(): Promise<Buffer[]> {
    if (this.keyring.wrappers.length === 0) return [];
    if (!this.options.db) {
      throw new ConfigurationError(
        'secret: a KeyWrapper needs the database, where the wrapped root is kept. Add db (a Postgres URL, TypeORM options or { dataSource }), or give a secret instead.',
      );
    }
    const waiting = (await this.#read()).map(({ keyId }) => keyId);
    try {
      await this.#openAll();
      return [];
    } catch (error) {
      if (!isOutage(error)) throw refusal(error);
      if (waiting.length === 0) throw error;
      this.#logger.error(`Cannot unlock the root key: ${error.message} Requests that need a key get 503. Retrying.`);
      void this.#openLater();
      return waiting;
    }
  }

  /**
   * Gives the keyring its roots now or not at all, and writes nothing: for a tool, which says what is wrong rather than
   * go on without.
   *
   * @throws ConfigurationError if a wrapper is missing, or there is no root that could seal
   * @throws KeyWrapperError if a service refuses or is away
   */
  async openNow(): Promise<void> {
    if (this.keyring.wrappers.length === 0) return;
    const rows = await this.#read();
    if (rows.length === 0 && !this.keyring.canSeal) {
      throw new ConfigurationError(
        'secret: there is no root yet that the KeyWrapper could unwrap. The first start of the application with it makes one.',
      );
    }
    await this.#take(rows, async () => {});
  }

  /**
   * Wraps every root anew, by the first wrapper.
   *
   * @returns how many
   * @throws KeyWrapperError
   */
  async rewrap(): Promise<number> {
    if (this.keyring.wrappers.length === 0) {
      throw new ConfigurationError('There is no KeyWrapper among the secrets, so there is nothing that is wrapped.');
    }
    let count = 0;
    for (const row of await this.#read()) {
      const root = await this.#wrapping.unwrap(row);
      try {
        if (await this.#replace(row, root)) count++;
      } finally {
        root.fill(0);
      }
    }
    return count;
  }

  /** @throws KeyWrapperError if the wrapper's service, or the key in it, cannot be used now */
  async check(wrapper: KeyWrapper): Promise<void> {
    await askWrapper(wrapper.id, this.#ending.signal, async (signal) => wrapper.health?.({ signal }));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#ending.abort();
  }

  async #openAll(): Promise<void> {
    let rows = await this.#read();
    if (rows.length === 0) {
      // Also where a secret in front seals: once another instance has the wrapper in front, this one has to open its keys.
      await this.#makeRoot();
      // Of instances that start at once, one has put its own there.
      rows = await this.#read();
    }
    await this.#take(rows, async (row, root) => {
      if (row.wrapperId !== this.#wrapping.first.id) await this.#moveToFirst(row, root);
    });
  }

  async #take(rows: WrappedRoot[], onRoot: (row: WrappedRoot, root: Buffer) => Promise<void>): Promise<void> {
    const keys: RootKey[] = [];
    for (const row of rows) {
      const root = await this.#wrapping.unwrap(row);
      try {
        // Wipes what it is given.
        keys.push(new RootKey(Buffer.from(root)));
        await onRoot(row, root);
      } finally {
        root.fill(0);
      }
    }
    this.keyring.putRoots(keys);
  }

  async #openLater(): Promise<void> {
    const { signal } = this.#ending;
    for (let attempt = 0; this.keyring.isWaiting; attempt++) {
      await pause(Math.min(LAST_PAUSE, FIRST_PAUSE * 2 ** attempt), signal, false);
      if (signal.aborted) return;
      try {
        await this.#openAll();
        // As loud as what it puts an end to.
        this.#logger.warn('The key management service is available again. Keys can be decrypted.');
      } catch (error) {
        // A refusal too: an operator who mends it has not to restart anything.
        if (attempt % 10 === 9) this.#logger.error(`Still cannot unlock the root key: ${messageOf(error)}`);
      }
    }
  }

  async #makeRoot(): Promise<void> {
    const root = randomBytes(RootKeyWrapper.LENGTH);
    try {
      const service = new EncryptionService(root);
      const { keyId } = service;
      const wrapped = await this.#wrapping.wrap(root, keyId);
      await this.registry.addWrappedRoot({ keyId, wrapped, wrapperId: this.#wrapping.first.id }, service.canary(keyId));
    } finally {
      root.fill(0);
    }
  }

  /** Not for its own sake: with the old wrapper the root is as well kept. */
  async #moveToFirst(row: WrappedRoot, root: Buffer): Promise<void> {
    try {
      if (!(await this.#replace(row, root))) return;
      this.#logger.log(`The root key is now wrapped by ${this.#wrapping.first.id}, no longer by ${row.wrapperId}.`);
    } catch (error) {
      if (!isOutage(error)) throw error;
      this.#logger.warn(`The root key is still wrapped by ${row.wrapperId}: ${error.message} Keep that wrapper.`);
    }
  }

  /** One row, and only if it is still what was read. */
  async #replace(row: WrappedRoot, root: Buffer): Promise<boolean> {
    const wrapped = await this.#wrapping.wrap(root, row.keyId);
    return this.registry.replaceWrapping(row, wrapped, this.#wrapping.first.id);
  }

  async #read(): Promise<WrappedRoot[]> {
    try {
      return await this.registry.wrappedRoots();
    } catch (error) {
      if (!(error instanceof StorageError) || error.reason !== UNDEFINED_COLUMN) throw error;
      throw new ConfigurationError(
        'secret: a KeyWrapper needs the newest migrations. Run npx nestjs-byok migrate; or, on a TypeORM connection of the application, add those of byokMigrations that are missing and run them.',
      );
    }
  }
}

/** At the start, what asking again does not change is a matter of the configuration. */
function refusal(error: unknown): unknown {
  if (!(error instanceof KeyWrapperError)) return error;
  return new ConfigurationError(`secret: ${error.message} The application does not start; nothing was changed.`);
}

function messageOf(error: unknown): string {
  return error instanceof ByokError ? error.message : 'an unexpected failure.';
}
