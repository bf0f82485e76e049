import { Module, type DynamicModule } from '@nestjs/common';
import type { Request } from 'express';
import { ByokModule } from 'nestjs-byok';
import { knownProvider } from 'nestjs-byok/providers';
import type { Pool } from 'pg';
import { ChatPageController } from './chat/chat-page.controller.js';
import { ChatController } from './chat/chat.controller.js';
import { LanguageModels } from './chat/language-models.js';
import { GalleryController } from './gallery/gallery.controller.js';
import { HomeController } from './home/home.controller.js';
import { layout } from './pages/layout.js';
import { StylesheetController } from './pages/stylesheet.controller.js';
import type { Settings } from './settings.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { POOL, SETTINGS } from './tokens.js';

@Module({})
export class AppModule {
  static register(settings: Settings, pool: Pool): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ByokModule.forRoot({
          secret: settings.secrets,
          db: settings.databaseUrl,
          resolveUser: (request: Request) => request.user ?? request.session.user,
          publicOrigins: settings.publicOrigin
            ? [settings.publicOrigin]
            : [`http://localhost:${settings.port}`, `http://127.0.0.1:${settings.port}`],
          // The header of the layout is in English.
          dashboard: { layout, locale: 'en' },
          providers: {
            openai: knownProvider('openai', { placeholder: 'sk-…', baseUrl: settings.openaiUrl }),
            anthropic: knownProvider('anthropic', { baseUrl: settings.anthropicUrl }),
          },
        }),
      ],
      controllers: [
        HomeController,
        SignInController,
        ChatController,
        ChatPageController,
        GalleryController,
        StylesheetController,
      ],
      providers: [LanguageModels, { provide: SETTINGS, useValue: settings }, { provide: POOL, useValue: pool }],
    };
  }
}
