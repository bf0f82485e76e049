import { ConfigurableModuleBuilder, type ConfigurableModuleOptionsFactory } from '@nestjs/common';
import type { ByokModuleOptions } from './interfaces/index.js';

/** Options that must be known when the module is declared, also with `forRootAsync()`. @publicApi */
export interface ByokModuleExtras {
  /**
   * `false`: modules that inject `ByokService` must import `ByokModule`.
   * @defaultValue `true`
   */
  isGlobal?: boolean;
}

/**
 * Class for `forRootAsync({ useClass })` or `useExisting`. It must implement `createByokOptions()`; `create()`, the default
 * name of Nest's builder, works too.
 *
 * @publicApi
 */
export type ByokOptionsFactory = ConfigurableModuleOptionsFactory<ByokModuleOptions, 'createByokOptions'>;

export const {
  ConfigurableModuleClass,
  /** Token of the options, for `overrideProvider()` in tests. @publicApi */
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
