import { Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { instrumentByok } from './instrument-byok.js';

/**
 * OpenTelemetry spans and metrics while the application runs, with the providers that the SDK has registered. For other
 * providers, or in an instrumentation file, use `instrumentByok`.
 *
 * @example
 * ```ts
 * import { ByokTelemetryModule } from 'nestjs-byok/opentelemetry';
 *
 * @Module({ imports: [ByokModule.forRoot({ … }), ByokTelemetryModule] })
 * export class AppModule {}
 * ```
 *
 * @publicApi
 */
@Module({})
export class ByokTelemetryModule implements OnModuleInit, OnApplicationShutdown {
  #stop: (() => void) | undefined;

  /** Called by Nest. */
  onModuleInit(): void {
    this.#stop ??= instrumentByok();
  }

  /** Called by Nest. */
  onApplicationShutdown(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
