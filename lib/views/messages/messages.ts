import type { english } from './english.js';

/** A text in its plural forms, as `Intl.PluralRules` names them. @publicApi */
export type PluralMessage = { readonly other: string } & { readonly [Rule in Intl.LDMLPluralRule]?: string };

/** The name of a text. @publicApi */
export type MessageKey = keyof typeof english;

/**
 * A catalogue of every text the components and pages show. Places to fill in are written `{name}`.
 *
 * @example
 * ```tsx
 * const messages: Partial<Messages> = { save: 'Keep it' }; // what is left out comes from the reader's language
 * ```
 *
 * @publicApi
 */
export type Messages = {
  readonly [Key in MessageKey]: (typeof english)[Key] extends string ? string : PluralMessage;
};

/** The places of a text: `'{a} of {b}'` gives `'a' | 'b'`. */
type Places<Text> = Text extends `${string}{${infer Place}}${infer Rest}` ? Place | Places<Rest> : never;

type PlacesOf<Key extends MessageKey> = (typeof english)[Key] extends { other: infer Other }
  ? Exclude<Places<Other>, 'count'>
  : Places<(typeof english)[Key]>;

/** What a text must be given. @internal */
export type MessageArguments<Key extends MessageKey> = ([PlacesOf<Key>] extends [never]
  ? unknown
  : Record<PlacesOf<Key>, string>) &
  ((typeof english)[Key] extends string ? unknown : { count: number });
