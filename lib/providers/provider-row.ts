import type { KeyChecker, KeyVerdict, ProviderConfig } from '../interfaces/index.js';
import type { Words } from './words.js';

/** What one answer means. All conditions that are given must hold. */
export interface Rule {
  status?: number;
  /** One of them is a code of the answer. */
  code?: string | readonly string[];
  says?: RegExp;
  header?: readonly [name: string, value: RegExp];
  is: KeyVerdict;
}

/** By what a failed call is known to be this provider's, if its address is not known. One of them is enough. */
export interface Signs {
  says?: RegExp;
  codes?: readonly string[];
  /** Names of headers. */
  headers?: readonly string[];
  /** Names of the classes of the provider's own SDK. */
  classes?: readonly string[];
  form?: (body: unknown, words: Words) => boolean;
}

/** Where a provider is asked, after the application's changes. */
export interface Site {
  hosts: readonly string[];
  baseUrl?: string;
}

/** The facts about one provider. */
export interface ProviderRow extends Pick<
  ProviderConfig,
  'placeholder' | 'keysUrl' | 'keyPrefix' | 'keyFormat' | 'keyPattern' | 'fields'
> {
  name: string;
  docsUrl: string;
  hosts: readonly string[];
  /** The field that is the address of the API. An application that gives `baseUrl` does not have it. */
  addressField?: string;
  check: (row: ProviderRow, site: Site) => KeyChecker;
  /** Read before the status, in this order. */
  rules: readonly Rule[];
  /** What a status means without a rule, if it is not what it means elsewhere. */
  statuses?: Readonly<Partial<Record<401 | 403 | 429, KeyVerdict>>>;
  /** What a page of HTML with status 401 says, if that is how this provider refuses a key. */
  htmlRefusal?: RegExp;
  /** Nothing for servers of anybody. */
  signs?: Signs;
  /** At use only rules count, because other services answer at the same hosts. */
  onlyRules?: boolean;
}
