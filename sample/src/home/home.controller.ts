import { Controller, Get, Header, Inject, Req, ServiceUnavailableException } from '@nestjs/common';
import type { Request } from 'express';
import { renderToString } from 'nestjs-byok';
import type { Pool } from 'pg';
import type { Settings } from '../settings.js';
import { POOL, SETTINGS } from '../tokens.js';
import { HomePage } from './home.page.js';

@Controller()
export class HomeController {
  constructor(
    @Inject(POOL) private readonly pool: Pool,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
  @Header('Cache-Control', 'no-store')
  home(@Req() request: Request): string {
    const address = this.settings.publicOrigin ?? `${request.protocol}://${request.get('host') ?? 'localhost'}`;
    return `<!doctype html>${renderToString(HomePage({ user: request.session.user, address }))}`;
  }

  @Get('healthz')
  async health(): Promise<{ status: 'ok' }> {
    try {
      await this.pool.query('SELECT 1');
    } catch {
      throw new ServiceUnavailableException('The database does not answer.');
    }
    return { status: 'ok' };
  }
}
