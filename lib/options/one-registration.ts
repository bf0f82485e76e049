import type { Provider, Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ConfigurationError } from '../errors/index.js';

// Symbols of the registry, so that copies of the library find each other's.
const REGISTRATION = Symbol.for('nestjs-byok:registration');
const COPY = Symbol.for('nestjs-byok:copy');

interface Registration {
  /** File and line of the call. */
  readonly at: string;
  /** Folder of the copy of the library. */
  readonly copy: string;
}

/**
 * Providers that refuse to start an application in which the module is registered twice, or that uses two copies of the
 * library. To be called by the function that the application calls.
 *
 * @internal
 */
export function registerOnce(): Provider[] {
  const [own = '', , caller] = framesHere();
  const registration: Registration = Object.freeze({ at: caller ?? 'an unknown place', copy: folderOf(own) });
  return [
    { provide: REGISTRATION, useValue: registration },
    {
      provide: Symbol('BYOK_ONE_REGISTRATION'),
      inject: [ModulesContainer],
      useFactory: (modules: ModulesContainer) => checkModules(modules, registration),
    },
  ];
}

/** Marks a class of the library by which applications show which copy they use. @internal */
export function markCopy(type: Type): void {
  Object.defineProperty(type, COPY, { value: folderOf(framesHere()[0] ?? ''), configurable: true });
}

/** @throws ConfigurationError naming both places */
function checkModules(modules: ModulesContainer, own: Registration): void {
  for (const { providers, injectables } of modules.values()) {
    const other = providers.get(REGISTRATION)?.instance as Registration | undefined;
    if (other && other !== own) throw other.copy === own.copy ? twice(own, other) : copies(own.copy, other.copy);
    for (const { metatype } of [...providers.values(), ...injectables.values()]) {
      const copy = (metatype as { [COPY]?: unknown } | null)?.[COPY];
      if (typeof copy === 'string' && copy !== own.copy) throw copies(own.copy, copy);
    }
  }
}

function twice(...registrations: Registration[]): ConfigurationError {
  const [one, other] = registrations.map(({ at }) => at).sort();
  return new ConfigurationError(
    `ByokModule is registered twice: at ${one} and at ${other}. The order of imports would decide which options count. Register it once, in the root module: other modules need no import of it, or import the same constant.`,
  );
}

function copies(...folders: string[]): ConfigurationError {
  const [one, other] = folders.sort();
  return new ConfigurationError(
    `The application uses two copies of nestjs-byok: ${one} and ${other}. Keys of one are not found by the other. Install it once: see npm ls nestjs-byok, then npm dedupe.`,
  );
}

/** Where the caller of this function is, and its callers: `file:line`. */
function framesHere(): string[] {
  const lines = (new Error().stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return lines.slice(1).map((line) => /([^\s(]+:\d+):\d+\)?$/.exec(line.replace('file://', ''))?.[1] ?? '');
}

function folderOf(file: string): string {
  return file.replace(/:\d+$/, '').replace(/[\\/](?:dist|lib)[\\/]options[\\/][^\\/]*$/, '');
}
