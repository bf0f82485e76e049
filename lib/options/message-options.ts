import { ConfigurationError } from '../errors/index.js';
import { messages } from '../messages/index.js';

const FORMS = new Set<string>(['zero', 'one', 'two', 'few', 'many', 'other'] satisfies Intl.LDMLPluralRule[]);

/** Checks and freezes the texts of the option `dashboard.messages`. @throws ConfigurationError @internal */
export function checkMessages<T extends Readonly<Record<string, unknown>>>(own: T): Readonly<T> {
  for (const [name, text] of Object.entries(own)) {
    if (!Object.hasOwn(messages.en, name)) {
      throw new ConfigurationError(
        `dashboard.messages.${name} is not the name of a text. For the names, see messages.en in nestjs-byok/views.`,
      );
    }
    if (text === undefined || typeof text === 'string') continue;
    if (typeof messages.en[name as keyof typeof messages.en] === 'string') {
      throw new ConfigurationError(`dashboard.messages.${name} must be a string.`);
    }
    if (!isPlural(text)) {
      throw new ConfigurationError(
        `dashboard.messages.${name} must be { other: '…' }, with texts for zero, one, two, few and many where the language has such forms.`,
      );
    }
  }
  return Object.freeze({ ...own });
}

function isPlural(text: unknown): boolean {
  if (typeof text !== 'object' || text === null || !Object.hasOwn(text, 'other')) return false;
  return Object.entries(text).every(
    ([form, its]) => FORMS.has(form) && (typeof its === 'string' || (its === undefined && form !== 'other')),
  );
}
