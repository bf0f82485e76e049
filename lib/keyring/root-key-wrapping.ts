import { timingSafeEqual } from 'node:crypto';
import { type Keyring, RootKey } from '../crypto/index.js';
import { ConfigurationError, KeyWrapperError } from '../errors/index.js';
import type { KeyWrapContext, KeyWrapper } from '../interfaces/index.js';
import type { WrappedRoot } from './keyring-table.js';
import { askWrapper } from './wrapper-calls.js';

/**
 * Has the wrappers of a keyring wrap and unwrap roots, and believes none of them what can be tried.
 *
 * @internal
 */
export class RootKeyWrapper {
  /** Bytes of a root. */
  static readonly LENGTH = 32;

  /** @param ending - Ends what is asked. */
  constructor(
    private readonly keyring: Keyring,
    private readonly ending: AbortSignal,
  ) {}

  /** The one that wraps. */
  get first(): KeyWrapper {
    return this.keyring.wrappers[0];
  }

  /** What it gives can be unwrapped: that was tried, for it may be all there is of the root. */
  async wrap(root: Buffer, keyId: Buffer): Promise<Buffer> {
    const { id } = this.first;
    const context = contextOf(keyId);
    const wrapped = await this.#ask(this.first, async (wrapper, signal) => {
      // A copy, so that what a wrapper does with it changes no root.
      const copy = Buffer.from(root);
      try {
        return Buffer.from(await wrapper.wrap(copy, context, { signal }));
      } finally {
        copy.fill(0);
      }
    });
    const back = await this.unwrap({ keyId, wrapped, wrapperId: id });
    const same = timingSafeEqual(back, root);
    back.fill(0);
    if (!same) throw new KeyWrapperError(`${id}: it does not give back what it wrapped.`, true);
    return wrapped;
  }

  /** @throws KeyWrapperError also where it is the root of another key */
  async unwrap({ keyId, wrapped, wrapperId }: WrappedRoot): Promise<Buffer> {
    const known = this.keyring.wrappers.find(({ id }) => id === wrapperId);
    if (!known) {
      throw new ConfigurationError(
        `secret: the root of the key ${keyId.toString('hex')} is wrapped by '${wrapperId}', which is not among the given wrappers. Add that wrapper to the array 'secret', behind the new one; nothing was changed.`,
      );
    }
    const root = await this.#ask(known, async (wrapper, signal) => {
      const given = await wrapper.unwrap(wrapped, contextOf(keyId), { signal });
      const copy = Buffer.from(given);
      given.fill(0);
      return copy;
    });
    if (root.length === RootKeyWrapper.LENGTH && new RootKey(Buffer.from(root)).id.equals(keyId)) return root;
    root.fill(0);
    throw new KeyWrapperError(
      `${wrapperId}: what it unwrapped is not the root of the key ${keyId.toString('hex')}.`,
      true,
    );
  }

  #ask(wrapper: KeyWrapper, work: (wrapper: KeyWrapper, signal: AbortSignal) => Promise<Buffer>): Promise<Buffer> {
    return askWrapper(
      wrapper.id,
      this.ending,
      (signal) => work(wrapper, signal),
      (late) => late.fill(0),
    );
  }
}

function contextOf(keyId: Buffer): KeyWrapContext {
  return { app: 'nestjs-byok', table: 'byok_keyring', keyId: keyId.toString('hex') };
}
