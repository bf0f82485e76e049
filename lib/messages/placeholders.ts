import type { english } from './english.js';
import type { MessageKey } from './messages.js';

/** The placeholders of a text: `'{a} of {b}'` gives `'a' | 'b'`. */
type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;

type PlaceholdersOf<Key extends MessageKey> = (typeof english)[Key] extends { other: infer Other }
  ? Exclude<Placeholders<Other>, 'count'>
  : Placeholders<(typeof english)[Key]>;

/** The values that a text must be given. @internal */
export type MessageArguments<Key extends MessageKey> = ([PlaceholdersOf<Key>] extends [never]
  ? unknown
  : Record<PlaceholdersOf<Key>, string>) &
  ((typeof english)[Key] extends string ? unknown : { count: number });
