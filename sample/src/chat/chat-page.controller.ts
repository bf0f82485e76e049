import { Body, Controller, Get, HttpException, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { RequireApiKey, ResolvedKey, type ResolvedApiKey } from 'nestjs-byok';
import { PageHeaders } from '../pages/page-headers.js';
import { renderPage } from '../pages/page.js';
import { SameSiteGuard } from '../same-site.guard.js';
import { ChatDto } from './chat.dto.js';
import { ChatPage, type ChatPageProps } from './chat.page.js';
import { LanguageModels } from './language-models.js';

/** The chat page. A user without a key is asked for one, and then returns here. */
@Controller('chat')
@UseGuards(SameSiteGuard)
export class ChatPageController {
  constructor(private readonly models: LanguageModels) {}

  @Get()
  @RequireApiKey('openai')
  @PageHeaders()
  show(@Req() request: Request): string {
    return render(request, {});
  }

  @Post('ask')
  @RequireApiKey('openai')
  @PageHeaders()
  async ask(
    @ResolvedKey() key: ResolvedApiKey,
    @Body() { message }: ChatDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    response.status(200);
    try {
      return render(request, { message, reply: await this.models.ask(key, message) });
    } catch (error) {
      if (!(error instanceof HttpException)) throw error;
      response.status(error.getStatus());
      return render(request, { message, error: error.message });
    }
  }
}

function render(request: Request, props: ChatPageProps): string {
  return renderPage({ title: 'Chat', user: request.session.user, path: '/chat', children: ChatPage(props) });
}
