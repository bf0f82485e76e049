import type { Messages } from '../messages/index.js';
import type { GuardOption } from './guard-option.interface.js';
import type { ByokRequest } from './request.interface.js';

/** A page of the dashboard, for the application's layout. @publicApi */
export interface LayoutPage {
  /** Plain text. The layout must escape it. */
  title: string;
  /** The content, already escaped. */
  html: string;
  /** URL of the stylesheet, for `<head>`. */
  stylesheet: string;
  /** URL of the script, for `<head>`. */
  script: string;
  /** BCP 47 tag of the content's language, for `<html lang>`. */
  locale: string;
  /** Direction of the content's script, for `<html dir>`. */
  direction: 'ltr' | 'rtl';
}

/**
 * Renders a page of the dashboard into the application's layout. The Content-Security-Policy stays: only styles and scripts of
 * the same origin are loaded, and nothing inline.
 *
 * @example
 * ```ts
 * const layout: PageLayout = ({ title, html, stylesheet, script, locale, direction }) =>
 *   `<!doctype html><html lang="${locale}" dir="${direction}"><head><meta charset="utf-8">
 *     <meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title>
 *     <link rel="stylesheet" href="${stylesheet}"><script src="${script}" defer></script></head>
 *     <body>${html}</body></html>`;
 * ```
 *
 * @returns the whole document
 * @publicApi
 */
export type PageLayout = (page: LayoutPage, request: ByokRequest) => string | Promise<string>;

/** Appearance of the pages, and who may see them. @publicApi */
export interface DashboardOptions {
  /**
   * Guards of the application in front of the pages, after those of the option `guards`.
   * @defaultValue `[]`
   */
  guards?: GuardOption[];
  /**
   * Heading of the dashboard.
   * @defaultValue `API keys`, in the reader's language
   */
  title?: string;
  /**
   * Light or dark; `'system'` follows the reader's system.
   * @defaultValue `'system'`
   */
  theme?: 'system' | 'light' | 'dark';
  /**
   * Renders the pages into the application's layout.
   * @defaultValue a document without navigation
   */
  layout?: PageLayout;
  /**
   * BCP 47 tag of the pages' language.
   * @defaultValue English or German, as the browser asks
   */
  locale?: string;
  /**
   * IANA name of the time zone of the dates.
   * @defaultValue `'UTC'`
   */
  timeZone?: string;
  /**
   * Texts that replace those of `messages.en`; texts with plural forms as `{ one, other }`. They apply to every language, so set
   * `locale` too.
   * @defaultValue `{}`
   */
  messages?: Partial<Messages>;
  /**
   * Where callers are sent who must sign in: a path on this site or an http(s) URL. It receives the page to return to as
   * `return_to`.
   * @defaultValue a page with status 401
   */
  signInUrl?: string;
}

/** The options of the pages after defaults and checks. @internal */
export type ResolvedDashboardOptions = Readonly<
  { guards: readonly GuardOption[] } & Required<Pick<DashboardOptions, 'theme' | 'timeZone' | 'messages'>> &
    Pick<DashboardOptions, 'title' | 'layout' | 'locale' | 'signInUrl'>
>;
