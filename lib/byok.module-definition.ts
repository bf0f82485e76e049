import {
  type ConfigurableModuleAsyncOptions,
  ConfigurableModuleBuilder,
  type ConfigurableModuleOptionsFactory,
} from '@nestjs/common';
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

/** Options for `ByokModule.forRootAsync()`. @publicApi */
export type ByokModuleAsyncOptions = ConfigurableModuleAsyncOptions<ByokModuleOptions, 'createByokOptions'> &
  Partial<ByokModuleExtras>;

/** Makes the definition of the module; the token of its options. @internal */
export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: BYOK_MODULE_OPTIONS } =
  new ConfigurableModuleBuilder<ByokModuleOptions>({ moduleName: 'Byok' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createByokOptions')
    .setExtras<ByokModuleExtras>({ isGlobal: true }, (definition, extras) => ({
      ...definition,
      global: extras.isGlobal ?? true,
    }))
    .build();
