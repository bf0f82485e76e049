import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { RequireAnyApiKey, RequireApiKey, ResolvedKey, type ResolvedApiKey } from 'nestjs-byok';
import { SameSiteGuard } from '../same-site.guard.js';
import { ChatDto, SummariseDto } from './chat.dto.js';
import { LanguageModels } from './language-models.js';

@Controller()
@UseGuards(SameSiteGuard)
export class ChatController {
  constructor(private readonly models: LanguageModels) {}

  @Post('chat')
  @HttpCode(200)
  @RequireApiKey('openai')
  async chat(@ResolvedKey() key: ResolvedApiKey, @Body() { message }: ChatDto): Promise<{ reply: string }> {
    return { reply: await this.models.ask(key, message) };
  }

  @Post('summarise')
  @HttpCode(200)
  @RequireAnyApiKey(['openai', 'anthropic'])
  async summarise(
    @ResolvedKey() key: ResolvedApiKey,
    @Body() { text }: SummariseDto,
  ): Promise<{ reply: string; provider: string }> {
    return { reply: await this.models.ask(key, `Summarise in one sentence:\n\n${text}`), provider: key.provider };
  }
}
