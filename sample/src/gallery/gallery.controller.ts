import { Controller, Get, Req } from '@nestjs/common';
import type { Request } from 'express';
import { PageHeaders } from '../pages/page-headers.js';
import { renderPage } from '../pages/page.js';
import { GalleryPage } from './gallery.page.js';

@Controller('gallery')
export class GalleryController {
  @Get()
  @PageHeaders()
  gallery(@Req() request: Request): string {
    return renderPage({ title: 'Gallery', user: request.session.user, path: '/gallery', children: GalleryPage() });
  }
}
