import { Controller, Get, Header, HttpCode } from '@nestjs/common';
import { SAMPLE_STYLESHEET, SAMPLE_STYLESHEET_URL } from './stylesheet.js';

@Controller()
export class StylesheetController {
  @Get(SAMPLE_STYLESHEET_URL)
  @Header('Content-Type', 'text/css; charset=utf-8')
  @Header('Cache-Control', 'public, max-age=31536000, immutable')
  stylesheet(): string {
    return SAMPLE_STYLESHEET;
  }

  /** An empty icon, so that browsers report no error. */
  @Get('favicon.ico')
  @HttpCode(204)
  @Header('Cache-Control', 'public, max-age=86400')
  icon(): void {}
}
