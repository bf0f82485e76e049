import type { CanActivate, Type } from '@nestjs/common';
import type { ByokRequest } from './request.interface.js';

/** One of our pages, for the layout of an application. @publicApi */
export interface LayoutPage {
  /** Plain text: the layout escapes it. */
  title: string;
  /** The content, escaped: it goes into the layout as it is. */
  html: string;
  /** Addresses of the stylesheet and the script that the content needs, for the layout's `<head>`. */
  stylesheet: string;
  script: string;
  /** BCP 47 tag of the language the content is in, and how it is written: for `<html lang dir>`. */
  locale: string;
  direction: 'ltr' | 'rtl';
}

/**
 * Puts one of our pages into the application's own. Our Content-Security-Policy stays: styles and scripts of the same
 * origin are loaded, and nothing inline.
 *
 * @example
 * const layout: PageLayout = ({ title, html, stylesheet, script, locale, direction }) =>
 *   `<!doctype html><html lang="${locale}" dir="${direction}"><head><meta charset="utf-8">
 *     <meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title>
 *     <link rel="stylesheet" href="${stylesheet}"><script src="${script}" defer></script></head>
 *     <body>${html}</body></html>`;
 *
 * @returns the whole document
 * @publicApi
 */
export type PageLayout = (page: LayoutPage, request: ByokRequest) => string | Promise<string>;

/** How the pages look and who may see them. @publicApi */
export interface DashboardOptions {
  /** Guards of the application in front of the pages. Default none. */
  guards?: (Type<CanActivate> | CanActivate)[];
  /** Heading of the dashboard. Default: `API keys` in the reader's language. */
  title?: string;
  /** Default `'system'`: light or dark as the reader's system has it. */
  theme?: 'system' | 'light' | 'dark';
  /** Puts our pages into the application's own. Default: documents of their own. */
  layout?: PageLayout;
  /** BCP 47 tag of the language of the pages. Default: what the browser asks for, of English and German. */
  locale?: string;
  /** IANA name of the time zone that dates are shown in. Default `'UTC'`. */
  timeZone?: string;
  /**
   * Texts to show instead of the library's, a `Partial<Messages>`: by the names of `messages.en`, only those that change;
   * those that have plural forms as `{ one, other }`. They are for every language, so give `locale` with them.
   */
  messages?: Readonly<
    Record<string, string | Readonly<Record<string, string | undefined> & { other: string }> | undefined>
  >;
  /**
   * Where somebody who is not signed in is sent who needs to be, with the page they wanted in `return_to`. A path on this
   * site or an http(s) address. Default: a page that says so, with status 401.
   */
  signInUrl?: string;
}

/** The options of the pages after defaults and checks. @internal */
export type ResolvedDashboardOptions = Readonly<
  Required<Pick<DashboardOptions, 'guards' | 'theme' | 'timeZone' | 'messages'>> &
    Pick<DashboardOptions, 'title' | 'layout' | 'locale' | 'signInUrl'>
>;
