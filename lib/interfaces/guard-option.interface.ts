import type { CanActivate, Type } from '@nestjs/common';

/**
 * A guard of the application: an instance, or a class. Of a class that is a provider of the application its instance is used,
 * otherwise one is created.
 *
 * @publicApi
 */
export type GuardOption = Type<CanActivate> | CanActivate;

/** The JSON API. @publicApi */
export interface ApiOptions {
  /**
   * Guards of the application in front of the JSON API, after those of the option `guards`.
   * @defaultValue `[]`
   */
  guards?: GuardOption[];
}
