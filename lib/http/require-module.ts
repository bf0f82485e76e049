import { ConfigurationError } from '../errors/index.js';

/**
 * Refuses to work without what `ByokModule` provides. Guards and the like take it as optional: a unit test of a controller
 * compiles without the module. Starting an application, or a call, is refused.
 *
 * @throws ConfigurationError
 * @internal
 */
export function requireModule(provided: object | undefined, user: object): void {
  if (provided) return;
  throw new ConfigurationError(
    `${user.constructor.name} is used in a module that does not see ByokModule. Add ByokModule.forRoot(…) to the imports of the root module, or, with isGlobal: false, ByokModule to those of this module. In a test without it, use withTestKeys() of nestjs-byok/testing or overrideGuard(ApiKeyGuard).`,
  );
}
