import { promisify } from 'node:util';
import { Body, Controller, Delete, HttpCode, Post, Redirect, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ByokService } from 'nestjs-byok';
import { SameSiteGuard } from '../same-site.guard.js';
import { SignInDto } from './sign-in.dto.js';

/** A sign-in for trying things out, without a password. */
@Controller('session')
@UseGuards(SameSiteGuard)
export class SignInController {
  constructor(private readonly byok: ByokService) {}

  @Post()
  async signIn(@Body() { user }: SignInDto, @Req() request: Request, @Res() response: Response): Promise<void> {
    request.user = user;
    // First, so that the session and its keys remain if this fails.
    await this.byok.adoptSessionKeys(request);
    // A new session id, against session fixation.
    await promisify(request.session.regenerate.bind(request.session))();
    request.session.user = user;
    // The browser follows the redirect before express-session saves by itself.
    await promisify(request.session.save.bind(request.session))();
    // Forms get a page, programs a status.
    if (request.is('urlencoded')) response.redirect(303, '/');
    else response.status(204).end();
  }

  @Delete()
  @HttpCode(204)
  async signOut(@Req() request: Request): Promise<void> {
    await promisify(request.session.destroy.bind(request.session))();
  }

  /** For forms, which cannot send DELETE. */
  @Post('end')
  @Redirect('/', 303)
  async signOutByForm(@Req() request: Request): Promise<void> {
    await this.signOut(request);
  }
}
