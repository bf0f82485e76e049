import {
  Controller,
  Get,
  Inject,
  NotFoundException,
  Param,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PageExceptionFilter, SecurityHeadersGuard } from '../http/index.js';
import { byokAssets } from '../views/index.js';

/** The name of a file contains a digest of its content, so it can be cached permanently. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * The stylesheet and the script, for everybody: there is nothing of anybody's in them.
 *
 * @internal
 */
@Controller({ version: VERSION_NEUTRAL })
@UseFilters(PageExceptionFilter)
@UseGuards(SecurityHeadersGuard)
export class AssetsController {
  readonly #files = new Map([byokAssets().stylesheet, byokAssets().script].map((asset) => [asset.fileName, asset]));

  constructor(@Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost) {}

  @Get(':file')
  send(@Param('file') file: string, @Res() response: unknown): void {
    const { httpAdapter } = this.adapterHost;
    const asset = this.#files.get(file);
    if (!asset) throw new NotFoundException();
    httpAdapter.setHeader(response, 'Cache-Control', FOR_EVER);
    httpAdapter.setHeader(response, 'Vary', 'Accept-Encoding');
    httpAdapter.setHeader(response, 'Content-Type', asset.contentType);
    // As text: Express' adapter makes JSON of a Buffer.
    httpAdapter.reply(response, asset.content.toString(), 200);
  }
}
