import { Controller, Get, Inject, Req, ServiceUnavailableException } from '@nestjs/common';
import type { Request } from 'express';
import type { Pool } from 'pg';
import type { Settings } from '../settings.js';
import { PageHeaders } from '../pages/page-headers.js';
import { renderPage } from '../pages/page.js';
import { POOL, SETTINGS } from '../tokens.js';
import { HomePage } from './home.page.js';

@Controller()
export class HomeController {
  constructor(
    @Inject(POOL) private readonly pool: Pool,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get()
  @PageHeaders()
  home(@Req() request: Request): string {
    const address = this.settings.publicOrigin ?? `${request.protocol}://${request.get('host') ?? 'localhost'}`;
    const { user } = request.session;
    return renderPage({ title: 'Bring your own key', user, path: '/', children: HomePage({ user, address }) });
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
