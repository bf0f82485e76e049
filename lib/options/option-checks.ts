import { ConfigurationError } from '../errors/index.js';
import type { GuardOption } from '../interfaces/index.js';

export function assertKnownKeys(
  where: string,
  options: object,
  known: readonly string[],
  ignored: readonly string[] = [],
): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name) && !ignored.includes(name)) {
      throw new ConfigurationError(
        `There is no option ${JSON.stringify(where + name)}. The options are: ${known.map((k) => where + k).join(', ')}.`,
      );
    }
  }
}

export function enumOption<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) {
    throw new ConfigurationError(`${name} must be one of: ${allowed.map((a) => `'${a}'`).join(', ')}.`);
  }
  return value as T;
}

export function booleanOption(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw new ConfigurationError(`${name} must be true or false.`);
  return value;
}

export function integerOption(name: string, value: unknown, unit = ''): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new ConfigurationError(`${name} must be a whole number of 1 or more${unit && ` (${unit})`}.`);
  }
  return value as number;
}

export function objectOption<T extends object>(name: string, value: T | undefined, or = ''): T {
  if (value === undefined) return {} as T;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigurationError(`${name} must be ${or}an object of options.`);
  }
  return value;
}

export function optionalFunction<T>(name: string, value: T | undefined): T | undefined {
  if (value !== undefined && typeof value !== 'function') throw new ConfigurationError(`${name} must be a function.`);
  return value;
}

export function checkTableName(name: unknown, option = 'tableName'): string {
  if (typeof name !== 'string' || !/^[a-z_][a-z0-9_]{0,47}$/.test(name)) {
    throw new ConfigurationError(`${option} must be 1 to 48 lower-case letters, digits and underscores.`);
  }
  return name;
}

/** Given but undefined is refused: that is a misspelt import, and would leave the routes open. */
export function guardsOption(name: string, options: { guards?: GuardOption[] }): readonly GuardOption[] {
  const { guards } = options;
  if (!('guards' in options)) return Object.freeze([]);
  const isGuard = (guard: unknown) =>
    typeof guard === 'function' || typeof (guard as { canActivate?: unknown } | null)?.canActivate === 'function';
  if (!Array.isArray(guards) || !guards.every(isGuard)) {
    throw new ConfigurationError(`${name} must be an array of guards: classes, or objects with canActivate().`);
  }
  return Object.freeze([...guards]);
}
