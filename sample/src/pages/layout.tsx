import type { PageLayout } from 'nestjs-byok';
import type { Request } from 'express';
import { renderDocument } from './page.js';

/** Puts the library's pages between the header and the end of ours. */
export const layout: PageLayout = ({ title, html, locale, direction }, request) =>
  renderDocument({
    ...{ title, locale, direction },
    user: (request as Request).session.user,
    path: (request as Request).path,
    // The library has escaped it.
    main: <main dangerouslySetInnerHTML={{ __html: html }} />,
  });
