import type { PageLayout } from 'nestjs-byok';
import type { Request } from 'express';
import { renderDocument } from './page.js';

/** Puts the library's pages into the sample's frame. */
export const layout: PageLayout = ({ title, html, locale, direction }, request) =>
  renderDocument({
    ...{ title, locale, direction },
    user: (request as Request).session.user,
    path: (request as Request).path,
    // Escaped by the library.
    main: <main dangerouslySetInnerHTML={{ __html: html }} />,
  });
