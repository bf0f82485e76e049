import { Inject, Injectable } from '@nestjs/common';
import type { VNode } from 'preact';
import { BYOK_OPTIONS } from '../byok.constants.js';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';
import {
  directionOf,
  Page,
  pageContent,
  renderDocument,
  renderToString,
  scriptUrl,
  stylesheetUrl,
  type ReaderProps,
} from '../views/index.js';
import { MountPath } from './mount-path.js';
import { checkOwnMessages } from './own-messages.js';
import { preferredLocale } from './preferred-locale.js';

/** Makes documents of our pages: in the reader's language, and in the application's layout where it has one. @internal */
@Injectable()
export class PageFrame {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly mountPath: MountPath,
  ) {
    if (options.dashboard !== false) checkOwnMessages(options.dashboard.messages);
  }

  /** For whom a page is. */
  reader(request: ByokRequest): ReaderProps {
    const { dashboard } = this.options;
    if (dashboard === false) return { locale: preferredLocale(request) };
    const { locale = preferredLocale(request), timeZone } = dashboard;
    return { locale, timeZone, messages: dashboard.messages };
  }

  async render(request: ByokRequest, { title, content }: { title: string; content: VNode }): Promise<string> {
    const { dashboard } = this.options;
    const baseUrl = this.mountPath.url;
    const { locale = 'en' } = this.reader(request);
    // Without the pages there is nobody to serve the two files.
    const files = dashboard === false ? {} : { stylesheet: stylesheetUrl(baseUrl), script: scriptUrl(baseUrl) };
    const theme = dashboard === false || dashboard.theme === 'system' ? undefined : dashboard.theme;
    if (dashboard === false || !dashboard.layout) {
      return renderDocument(Page({ title, locale, theme, ...files, children: content }));
    }
    const { stylesheet = '', script = '' } = files;
    const html = renderToString(pageContent({ title, theme, children: content }));
    return dashboard.layout({ title, html, stylesheet, script, locale, direction: directionOf(locale) }, request);
  }
}
