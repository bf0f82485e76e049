import { Controller, Get, Header } from '@nestjs/common';
import { SAMPLE_STYLESHEET, SAMPLE_STYLESHEET_URL } from './stylesheet.js';

@Controller()
export class StylesheetController {
  @Get(SAMPLE_STYLESHEET_URL)
  @Header('Content-Type', 'text/css; charset=utf-8')
  @Header('Cache-Control', 'public, max-age=31536000, immutable')
  stylesheet(): string {
    return SAMPLE_STYLESHEET;
  }
}
