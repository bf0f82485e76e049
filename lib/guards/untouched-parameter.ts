import 'reflect-metadata';

const PARAMETER_TYPES = 'design:paramtypes';

/**
 * Hides the declared type of a parameter from pipes: by it, a global `ValidationPipe` that validates custom decorators
 * would make an empty object of a resolved key, or refuse it.
 *
 * @internal
 */
export function untouchedParameter(target: object, method: string | symbol | undefined, index: number): void {
  if (method === undefined) return;
  const types = Reflect.getOwnMetadata(PARAMETER_TYPES, target, method) as unknown[] | undefined;
  if (!types) return;
  Reflect.defineMetadata(PARAMETER_TYPES, types.with(index, Object), target, method);
}
