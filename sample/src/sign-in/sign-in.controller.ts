import { promisify } from 'node:util';
import { Body, Controller, Delete, HttpCode, Post, Redirect, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ByokService } from 'nestjs-byok';
import { SameSiteGuard } from '../same-site.guard.js';
import { SignInDto } from './sign-in.dto.js';

/** A sign-in for trying things out: whoever gives a name is that user. */
@Controller('session')
@UseGuards(SameSiteGuard)
export class SignInController {
  constructor(private readonly byok: ByokService) {}

  @Post()
  async signIn(@Body() { user }: SignInDto, @Req() request: Request, @Res() response: Response): Promise<void> {
    request.user = user;
    // First, so that the visitor's session and the keys in it are still there if this fails.
    await this.byok.adoptSessionKeys(request);
    // A new session id, so that whoever knew the visitor's does not become the user.
    await promisify(request.session.regenerate.bind(request.session))();
    request.session.user = user;
    // A browser follows the redirect when its headers arrive, which is before express-session has saved by itself.
    await promisify(request.session.save.bind(request.session))();
    // A form wants a page, a program does not.
    if (request.is('urlencoded')) response.redirect(303, '/');
    else response.status(204).end();
  }

  @Delete()
  @HttpCode(204)
  async signOut(@Req() request: Request): Promise<void> {
    await promisify(request.session.destroy.bind(request.session))();
  }

  /** The same for a form, which cannot send DELETE. */
  @Post('end')
  @Redirect('/', 303)
  async signOutByForm(@Req() request: Request): Promise<void> {
    await this.signOut(request);
  }
}
