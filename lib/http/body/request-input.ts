import { ValidationPipe, type PipeTransform, type Type } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { InvalidInputError } from '../../errors/index.js';
import type { ProviderConfig } from '../../interfaces/index.js';

const UNSAFE = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Pipes that check a body against a DTO that has these fields. The parameter they stand on is typed `unknown`, so that a
 * global pipe of the application leaves it alone and the answer has this library's form.
 *
 * @internal
 */
export function bodyOf<T extends object>(dto: Type<T>, fields: Record<keyof T, true>): PipeTransform[] {
  const known = new Set(Object.keys(fields));
  const shape: PipeTransform = {
    transform(body: unknown) {
      // The pipe of Nest leaves names such as __proto__ and constructor out quietly, and its messages quote the others.
      if (typeof body !== 'object' || body === null || Array.isArray(body)) {
        throw new InvalidInputError('The request must be a JSON object.');
      }
      if (Object.values(body).some(hasUnsafeName)) throw new InvalidInputError('There is no such extra field.');
      if (Object.keys(body).every((name) => known.has(name))) return body;
      throw new InvalidInputError(`The request can have the fields ${[...known].join(', ')}, and no others.`);
    },
  };
  const rules = new ValidationPipe({
    expectedType: dto,
    whitelist: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors: ValidationError[]) => new InvalidInputError(sentence(errors)),
  });
  return [shape, rules];
}

function hasUnsafeName(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).some((name) => UNSAFE.has(name));
}

function sentence(errors: ValidationError[]): string {
  return `${errors.flatMap(({ constraints = {} }) => Object.values(constraints)).join('; ')}.`;
}

/** A query value that is a string or not there. @throws InvalidInputError @internal */
export function optionalText(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new InvalidInputError(`${name} must be given once, as a string.`);
}

/**
 * Refuses queries that name a field where the route does not read it, in brackets too: passed over, a request about one
 * key would be about the default one, or about all.
 *
 * @throws InvalidInputError
 * @internal
 */
export function refuseInQuery(query: unknown, fields: readonly string[], hint: string): void {
  const names = Object.keys(query ?? {}).map((name) => /^[^[.]*/.exec(name)![0]);
  if (names.some((name) => fields.includes(name))) throw new InvalidInputError(hint);
}

/** `setKey` takes any extra values for a provider that declares none; from outside only declared ones come in. @internal */
export function refuseUndeclaredFields(fields: object | undefined, config: ProviderConfig | undefined): void {
  const declared = config?.fields ?? {};
  if (Object.keys(fields ?? {}).some((name) => !Object.hasOwn(declared, name))) {
    throw new InvalidInputError('This provider has no such extra field.', 'fields');
  }
}

/** Requires a time zone: without one, the moment would depend on the server's. @internal */
export function dateOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (Number.isNaN(date.getTime()) || !/T.*(Z|[+-]\d\d:?\d\d)$/i.test(text)) {
    throw new InvalidInputError(
      'expiresAt must be a moment with its time zone, such as 2030-01-31T12:00:00Z.',
      'expiry',
    );
  }
  return date;
}
