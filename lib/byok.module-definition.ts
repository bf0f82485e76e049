import { ConfigurableModuleBuilder, type ConfigurableModuleOptionsFactory } from '@nestjs/common';
import type { ByokModuleOptions } from './interfaces/index.js';

/** What is decided when the module is declared, not when its options are known. @publicApi */
export interface ByokModuleExtras {
  /** Whether every module of the application can inject `ByokService` without importing this one. Default true. */
  isGlobal?: boolean;
}

/**
 * What a class for `forRootAsync({ useClass })` or `useExisting` has to have: a method `createByokOptions()`. One that has
 * `create()` instead, the name that Nest's builder gives the method by itself, is taken too.
 *
 * @publicApi
 */
export type ByokOptionsFactory = ConfigurableModuleOptionsFactory<ByokModuleOptions, 'createByokOptions'>;

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: BYOK_MODULE_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<ByokModuleOptions>({ moduleName: 'Byok' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createByokOptions')
  .setExtras<ByokModuleExtras>({ isGlobal: true }, (definition, extras) => ({
    ...definition,
    global: extras.isGlobal ?? true,
  }))
  .build();
