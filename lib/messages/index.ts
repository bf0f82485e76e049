export { messages } from './catalogues.js';
export type { MessageKey, Messages, PluralMessage } from './messages.js';
export type { MessageArguments } from './placeholders.js';
