import { InvalidArgumentError } from 'commander';

/** @internal */
export function keyId(text: string, before: string[] = []): string[] {
  if (/^[0-9a-f]{16}$/i.test(text)) return [...before, text.toLowerCase()];
  throw new InvalidArgumentError('A key id is 16 hex digits, as npx nestjs-byok status prints them.');
}

/** @internal */
export function wholeNumber(maximum: number, minimum = 1): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Write a whole number from ${minimum} to ${maximum}.`);
  };
}
