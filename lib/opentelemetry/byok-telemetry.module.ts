import { Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { instrumentByok } from './instrument-byok.js';

/**
 * Spans and metrics of OpenTelemetry for as long as the application runs, with the providers that its SDK has
 * registered. For others, or for an instrumentation file, see `instrumentByok`.
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

  /** For Nest to call. @internal */
  onModuleInit(): void {
    this.#stop ??= instrumentByok();
  }

  /** For Nest to call. @internal */
  onApplicationShutdown(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
