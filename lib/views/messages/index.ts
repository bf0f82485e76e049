export { english } from './english.js';
export { german } from './german.js';
export type { MessageKey, Messages, PluralMessage } from './messages.js';
export { hasTexts, messages, translator, type ReaderProps, type Translate } from './translate.js';
