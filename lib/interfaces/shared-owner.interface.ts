import type { UserId } from './key-owner.interface.js';
import type { ByokRequest } from './request.interface.js';

/** Owners of one kind that share keys, such as teams. @publicApi */
export interface SharedOwner {
  /**
   * Returns the id of the caller's owner of this kind; `undefined` or `null`: the caller has none. Take it from what the
   * application knows of the caller, never from what the request says. Throw an `HttpException` for a response of your own;
   * after any other error the request is 503.
   */
  resolve(this: void, request: ByokRequest): UserId | null | undefined | Promise<UserId | null | undefined>;
  /**
   * Whether the caller may see, store, change and delete the owner's keys over HTTP. Others see which providers there are keys
   * for.
   * @defaultValue nobody may; `ByokService` manages the keys
   */
  canManage?(this: void, request: ByokRequest, id: string): boolean | Promise<boolean>;
  /**
   * Name of the owner, for people. A function is called with the caller's request and the owner's id.
   * @defaultValue the kind
   */
  name?: string | ((this: void, request: ByokRequest, id: string) => string | Promise<string>);
}

/** One of the application's own keys. @publicApi */
export interface PlatformKey {
  apiKey: string;
  /** Values of the provider's extra fields. A user's fields are never used with it. */
  fields?: Record<string, string>;
}

/**
 * The application's own keys, by provider. A function is called for each request that needs the key, to load it from a secret
 * manager, for example. `undefined`: there is none.
 *
 * @publicApi
 */
export type PlatformKeys = Readonly<
  Record<
    string,
    | string
    | PlatformKey
    | undefined
    | (() => string | PlatformKey | undefined | Promise<string | PlatformKey | undefined>)
  >
>;
