import type { FactoryProvider, Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { BYOK_OPTIONS } from './byok.constants.js';
import { AssetsController, DashboardController } from './dashboard/index.js';
import { ApiKeysController } from './http/index.js';
import type { ResolvedByokOptions } from './interfaces/index.js';

/** What `@ApiExcludeController()` sets: `@nestjs/swagger` would list routes without bodies. See `nestjs-byok/openapi`. */
const EXCLUDED_BY_SWAGGER = 'swagger/apiExcludeController';

/** The controllers of one registration, and the provider that gives them their paths. @internal */
export interface ByokRoutes {
  controllers: Type[];
  provider: FactoryProvider<void>;
}

/**
 * Controllers of their own for each registration: their paths are known only with the options, which `forRootAsync`
 * learns after the module is declared. Nest reads the paths after it has made every provider.
 *
 * @internal
 */
export function createRoutes(): ByokRoutes {
  class Api extends ApiKeysController {}
  class Assets extends AssetsController {}
  class Pages extends DashboardController {}
  for (const controller of [Api, Assets, Pages]) Reflect.defineMetadata(EXCLUDED_BY_SWAGGER, [true], controller);
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
