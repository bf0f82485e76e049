import 'reflect-metadata';
import { Module, type DynamicModule, type FactoryProvider, type NestModule, type Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { APP_FILTER } from '@nestjs/core';
import { AuditLog, AuditTable, KeyEvents } from './audit/index.js';
import { BYOK_OPTIONS } from './byok.constants.js';
import {
  type ASYNC_OPTIONS_TYPE,
  BYOK_MODULE_OPTIONS,
  ConfigurableModuleClass,
  type OPTIONS_TYPE,
} from './byok.module-definition.js';
import { EncryptionService, Keyring } from './crypto/index.js';
import { AssetsController, DashboardController, DashboardPages, KeyFormActions } from './dashboard/index.js';
import { ByokDatabase } from './database/index.js';
import { ConfigurationError } from './errors/index.js';
import { CleanupInterceptor, ExpiredKeyCleanup, ExpiredKeySweeper } from './expiry/index.js';
import { ApiKeyGuard, ApiKeyResolver, HandlerCheck } from './guards/index.js';
import { ByokHealth } from './health/index.js';
import {
  ApiKeysController,
  ByokExceptionFilter,
  CsrfTokens,
  ErrorPages,
  ErrorResponses,
  Flash,
  HttpsGuard,
  KeyForms,
  MountPath,
  PageRenderer,
  PlatformErrors,
  TrustedProxies,
} from './http/index.js';
import { CallerResolver } from './identity/index.js';
import type { ResolvedByokOptions } from './interfaces/index.js';
import { KeyringTable, KeyWrapperHealth, StartupCheck, WrappedRootKeys } from './keyring/index.js';
import {
  ByokService,
  KeyDescriptions,
  KeyResolver,
  KeySealer,
  KeyWriter,
  SessionKeyAdoption,
  SessionReencryption,
  UserData,
} from './keys/index.js';
import { RedactedOptions, redactOptions, resolveOptions } from './options/index.js';
import { RotationService } from './rotation/index.js';
import { SavedUrlCheck } from './ssrf/index.js';
import { HybridKeyStorage, KeyStorage, SessionKeyStorage, TypeOrmKeyStorage } from './storage/index.js';

/**
 * Keeps users' own API keys for third parties: encrypted, in the session, in Postgres or in both, and hands the right
 * one to the right handler.
 *
 * @example
 * ```ts
 * @Module({ imports: [ByokModule.forRoot({ secret: process.env.BYOK_SECRET!, db: process.env.DATABASE_URL })] })
 * export class AppModule {}
 * ```
 *
 * @publicApi
 */
@Module({})
export class ByokModule extends ConfigurableModuleClass implements NestModule {
  /** @internal */
  constructor(private readonly upstream: PlatformErrors) {
    super();
  }

  /** For Nest to call. @internal */
  configure(): void {
    this.upstream.prepare();
  }

  /** Registers the module; a wrong option stops the start with a message that says what to write instead. */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    // Spread, so that a missing argument is reported like any other invalid option.
    return wire(super.forRoot({ ...options }));
  }

  /** Registers the module with options that are known later: `{ imports, inject, useFactory | useClass | useExisting }`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    const { useFactory, useClass, useExisting } = { ...options };
    if (!useFactory && !useClass && !useExisting) {
      throw new ConfigurationError(
        'ByokModule.forRootAsync() needs one of useFactory, useClass and useExisting: { useFactory: () => ({ secret, db }) }.',
      );
    }
    return wire(super.forRootAsync(options), !useFactory);
  }
}

/** Injectable wherever the module is: what applications use, and what guards, filters and interceptors on their routes need. */
const SHARED = [
  ByokService,
  ApiKeyResolver,
  RotationService,
  KeyForms,
  ByokHealth,
  KeyWrapperHealth,
  ExpiredKeyCleanup,
  ErrorResponses,
  ApiKeyGuard,
  HttpsGuard,
  CleanupInterceptor,
  SessionKeyStorage,
  TypeOrmKeyStorage,
  HybridKeyStorage,
];

function wire(definition: DynamicModule, ofClass = false): DynamicModule {
  const routes = createRoutes();
  return {
    ...definition,
    controllers: routes.controllers,
    providers: [
      ...redactOptions(definition.providers, ofClass),
      {
        provide: BYOK_OPTIONS,
        inject: [BYOK_MODULE_OPTIONS],
        useFactory: (held: RedactedOptions) => resolveOptions(RedactedOptions.reveal(held)),
      },
      {
        provide: Keyring,
        // After the options, so that an invalid one is reported before the secret is examined.
        inject: [BYOK_MODULE_OPTIONS, BYOK_OPTIONS],
        useFactory: (held: RedactedOptions) => new Keyring(RedactedOptions.reveal(held).secret),
      },
      {
        provide: EncryptionService,
        inject: [Keyring],
        useFactory: (keyring: Keyring) => new EncryptionService(keyring),
      },
      {
        provide: KeyStorage,
        inject: [BYOK_OPTIONS, SessionKeyStorage, TypeOrmKeyStorage, HybridKeyStorage],
        useFactory: (
          { storage }: ResolvedByokOptions,
          session: SessionKeyStorage,
          database: TypeOrmKeyStorage,
          hybrid: HybridKeyStorage,
        ) => ({ session, database, hybrid })[storage],
      },
      ...SHARED,
      CallerResolver,
      KeyEvents,
      KeyResolver,
      AuditLog,
      AuditTable,
      UserData,
      ByokDatabase,
      SessionKeyAdoption,
      KeyringTable,
      SessionReencryption,
      KeyDescriptions,
      KeySealer,
      KeyWriter,
      WrappedRootKeys,
      SavedUrlCheck,
      ExpiredKeySweeper,
      StartupCheck,
      HandlerCheck,
      DashboardPages,
      KeyFormActions,
      ErrorPages,
      Flash,
      CsrfTokens,
      MountPath,
      PageRenderer,
      TrustedProxies,
      PlatformErrors,
      routes.provider,
      { provide: APP_FILTER, useClass: ByokExceptionFilter },
    ],
    exports: [BYOK_OPTIONS, EncryptionService, KeyStorage, ...SHARED],
  };
}

/** The controllers of one registration, and the provider that gives them their paths. */
interface ByokRoutes {
  controllers: Type[];
  provider: FactoryProvider<void>;
}

/**
 * Controllers of their own for each registration: their paths are known only with the options, which `forRootAsync`
 * learns after the module is declared. Nest reads the paths after it has made every provider.
 */
function createRoutes(): ByokRoutes {
  class Api extends ApiKeysController {}
  class Assets extends AssetsController {}
  class Pages extends DashboardController {}
  return {
    controllers: [Api, Assets, Pages],
    provider: {
      provide: Symbol('BYOK_ROUTES'),
      inject: [BYOK_OPTIONS],
      useFactory: ({ path, api, dashboard }: ResolvedByokOptions) => {
        // A controller without a path has no routes.
        Reflect.defineMetadata(PATH_METADATA, api ? `${path}/api` : [], Api);
        Reflect.defineMetadata(PATH_METADATA, dashboard === false ? [] : `${path}/assets`, Assets);
        Reflect.defineMetadata(PATH_METADATA, dashboard === false ? [] : path, Pages);
      },
    },
  };
}
