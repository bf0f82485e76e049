import { english } from './english.js';
import { german } from './german.js';
import type { Messages } from './messages.js';

/**
 * The texts of the library in its languages.
 *
 * @example
 * ```tsx
 * ByokModule.forRoot({ secret, dashboard: { locale: 'de', messages: { save: 'Behalten' } } });
 * messages.de.save; // the text that it replaces
 * ```
 *
 * @publicApi
 */
export const messages: { readonly en: Messages; readonly de: Messages } = { en: english, de: german };
