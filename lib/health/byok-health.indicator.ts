import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { ByokHealth } from './byok-health.js';

/**
 * `ByokHealth` for `@nestjs/terminus`: add it to the providers of a module that imports `TerminusModule`.
 *
 * @example
 * ```ts
 * @Get('ready')
 * @HealthCheck()
 * ready() {
 *   return this.health.check([() => this.byok.isHealthy('byok', { timeout: 1_000 })]);
 * }
 * ```
 *
 * @publicApi
 */
@Injectable()
export class ByokHealthIndicator {
  /** @internal */
  constructor(
    private readonly health: ByokHealth,
    private readonly indicators: HealthIndicatorService,
  ) {}

  /**
   * Up if everything is up; otherwise down, with the failed checks. Never rejects.
   *
   * @param options - `timeout` in milliseconds, 2,000 by default.
   */
  async isHealthy<const Key extends string>(
    key: Key,
    options?: { timeout?: number },
  ): Promise<HealthIndicatorResult<Key>> {
    const { healthy, checks } = await this.health.check(options);
    const indicator = this.indicators.check(key);
    return healthy ? indicator.up(checks) : indicator.down(checks);
  }
}
