/**
 * `nestjs-byok/testing`: tests of applications, without a database and without providers.
 *
 * @packageDocumentation
 */
export {
  findLeaks,
  type NamedAnswer,
  ProviderStandIn,
  type StandInAnswer,
  type StandInRequest,
  type StandInScript,
  startProviderStandIn,
  type TestKey,
  type TestKeys,
  type TestKeysOptions,
  withTestKeys,
} from '../testing/index.js';
export type { ByokRequest, ObjectIdLike, UserId } from '../interfaces/index.js';
