import { promisify } from 'node:util';
import { Body, Controller, Delete, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ByokService } from 'nestjs-byok';
import { SignInDto } from './sign-in.dto.js';

/** A sign-in for trying things out: whoever gives a name is that user. */
@Controller('session')
export class SignInController {
  constructor(private readonly byok: ByokService) {}

  @Post()
  async signIn(@Body() { user }: SignInDto, @Req() request: Request, @Res() response: Response): Promise<void> {
    const visitor = request.session;
    // A new session id, so that whoever knew the visitor's does not become the user.
    await promisify(visitor.regenerate.bind(visitor))();
    request.session.user = user;
    await this.byok.adoptSessionKeys(request, { from: visitor });
    // A form wants a page, a program does not.
    if (request.is('urlencoded')) response.redirect(303, '/');
    else response.status(204).end();
  }

  @Delete()
  @HttpCode(204)
  async signOut(@Req() request: Request): Promise<void> {
    await promisify(request.session.destroy.bind(request.session))();
  }
}
