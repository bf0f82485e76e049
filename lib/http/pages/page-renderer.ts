import { Inject, Injectable } from '@nestjs/common';
import type { VNode } from 'preact';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import type { ByokRequest, ResolvedByokOptions } from '../../interfaces/index.js';
import {
  directionOf,
  Page,
  pageContent,
  type ReaderProps,
  renderDocument,
  renderToString,
  scriptUrl,
  stylesheetUrl,
} from '../../views/index.js';
import { MountPath } from '../platform/mount-path.js';
import { preferredLocale } from './preferred-locale.js';

/** @internal */
export interface PageParts {
  title: string;
  content: VNode;
}

/** Makes documents of our pages: in the reader's language, and in the application's layout where it has one. @internal */
@Injectable()
export class PageRenderer {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly mountPath: MountPath,
  ) {}

  /** For whom a page is. */
  reader(request: ByokRequest): ReaderProps {
    const { dashboard } = this.options;
    if (dashboard === false) return { locale: preferredLocale(request) };
    const { locale = preferredLocale(request), timeZone } = dashboard;
    return { locale, timeZone, messages: dashboard.messages };
  }

  async render(request: ByokRequest, parts: PageParts): Promise<string> {
    const { dashboard } = this.options;
    if (dashboard === false || !dashboard.layout) return this.plain(request, parts);
    const { title, content } = parts;
    const { locale, theme, stylesheet = '', script = '' } = this.#facts(request);
    const html = renderToString(pageContent({ title, theme, children: content }));
    const facts = { title, html, stylesheet, script, locale, direction: directionOf(locale) };
    const page: unknown = await dashboard.layout(facts, request);
    // Else people would see an empty page, and nobody hear of it.
    if (typeof page !== 'string') throw new TypeError('dashboard.layout has to give the page as a text.');
    return page;
  }

  /** A document of our own, without the application's layout. */
  plain(request: ByokRequest, { title, content }: PageParts): string {
    return renderDocument(Page({ title, ...this.#facts(request), children: content }));
  }

  #facts(request: ByokRequest) {
    const { dashboard } = this.options;
    const { locale = 'en' } = this.reader(request);
    // Without the pages there is nobody to serve the two files.
    if (dashboard === false) return { locale };
    const theme = dashboard.theme === 'system' ? undefined : dashboard.theme;
    const baseUrl = this.mountPath.url;
    return { locale, theme, stylesheet: stylesheetUrl(baseUrl), script: scriptUrl(baseUrl) };
  }
}
