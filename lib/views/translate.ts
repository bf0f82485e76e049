import { type MessageArguments, type MessageKey, type Messages, messages } from '../messages/index.js';
import { numberFormat, pluralRules } from './format/intl.js';

/** For whom a component is rendered. Every component takes these. @publicApi */
export interface ReaderProps {
  /** BCP 47 tag of the reader's language, for texts, numbers and dates. Default `'en'`. */
  locale?: string;
  /** IANA name of the reader's time zone. Default `'UTC'`. */
  timeZone?: string;
  /** Texts to show instead of the language's own. Default: those of `locale` where the library has them, else English. */
  messages?: Partial<Messages>;
  /** What "3 days ago" is counted from. Default: the moment of rendering. */
  now?: Date;
}

/** Gives a text in the reader's language. @internal */
export type Translate = <Key extends MessageKey>(
  key: Key,
  ...args: unknown extends MessageArguments<Key> ? [] : [MessageArguments<Key>]
) => string;

/** @internal */
export function translator({ locale = 'en', messages: own }: ReaderProps): Translate {
  const base = catalogueOf(locale);
  return (key, ...args) => {
    const text = own?.[key] ?? base[key];
    const values = args[0] as Record<string, string | number> | undefined;
    if (values === undefined) return text as string;
    if (typeof text === 'string') return fillIn(text, values);
    const count = values.count as number;
    const form = text[pluralRules(locale).select(count)] ?? text.other;
    return fillIn(form, { ...values, count: numberFormat(locale).format(count) });
  };
}

/** Whether a text is there in the reader's own language. @internal */
export function hasTexts({ locale = 'en', messages: own }: ReaderProps, key: MessageKey): boolean {
  return own?.[key] !== undefined || /^(en|de)\b/i.test(locale);
}

function catalogueOf(locale: string): Messages {
  return /^de\b/i.test(locale) ? messages.de : messages.en;
}

/** In one pass, so that a value which looks like a place stays what it is. */
function fillIn(text: string, values: Record<string, string | number>): string {
  let result = '';
  let at = 0;
  for (let open = text.indexOf('{'); open !== -1; open = text.indexOf('{', at)) {
    const close = text.indexOf('}', open);
    if (close === -1) break;
    const name = text.slice(open + 1, close);
    result += text.slice(at, open) + (Object.hasOwn(values, name) ? String(values[name]) : text.slice(open, close + 1));
    at = close + 1;
  }
  return result + text.slice(at);
}
