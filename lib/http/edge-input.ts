import { ValidationPipe, type Type } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { InvalidInputError } from '../errors/index.js';
import type { ProviderConfig } from '../interfaces/index.js';

/**
 * Checks a body against a DTO. The parameter it stands on is typed `unknown`, so that a global pipe of the application
 * leaves it alone and the answer has this library's form.
 *
 * @internal
 */
export function bodyOf(dto: Type): ValidationPipe {
  return new ValidationPipe({
    expectedType: dto,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors: ValidationError[]) => new InvalidInputError(sentence(errors)),
  });
}

function sentence(errors: ValidationError[]): string {
  const reasons = errors.flatMap(({ constraints = {} }) =>
    // The name of a field that is not ours can be anything, a key too, and is not repeated.
    Object.entries(constraints).map(([rule, reason]) =>
      rule === 'whitelistValidation' ? 'There is a field that does not belong there' : reason,
    ),
  );
  return reasons.length > 0 ? `${reasons.join('; ')}.` : 'The request has to be a JSON object.';
}

/** A query value that is a text or not there. @throws {InvalidInputError} @internal */
export function optionalText(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new InvalidInputError(`${name} has to be given once, as a text.`);
}

/** `setKey` takes any extra values for a provider that declares none; from outside only declared ones come in. @internal */
export function refuseUndeclaredFields(fields: object | undefined, config: ProviderConfig | undefined): void {
  const declared = config?.fields ?? {};
  if (Object.keys(fields ?? {}).some((name) => !Object.hasOwn(declared, name))) {
    throw new InvalidInputError('This provider has no such extra field.');
  }
}

/** Strict about the time zone: without one, the moment would depend on where the server stands. @internal */
export function dateOf(text: string | undefined): Date | undefined {
  if (text === undefined || text === null) return undefined;
  const date = new Date(text);
  if (Number.isNaN(date.getTime()) || !/T.*(Z|[+-]\d\d:?\d\d)$/i.test(text)) {
    throw new InvalidInputError('expiresAt has to be a moment with its time zone, such as 2030-01-31T12:00:00Z.');
  }
  return date;
}
