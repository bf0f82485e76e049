import { scryptSync } from 'node:crypto';
import { types } from 'node:util';
import { ConfigurationError } from '../errors/index.js';
import type { RootSecret } from '../interfaces/index.js';
import { isPlaceholder, weaknessOfBytes, weaknessOfPassphrase, weaknessOfText } from './weak-secrets.js';

/** @internal */
export const GENERATED_PREFIX = 'byok_';

/** Prints a good secret. @internal */
export const GENERATE_COMMAND = `node -e "import('nestjs-byok').then((m) => console.log(m.EncryptionService.generateSecret()))"`;

const LEAST_BYTES = 32;
const LEAST_PASSPHRASE = 20;
const LEAST_SALT = 16;
// scrypt needs 128 · N · r bytes, which is 128 MiB, and Node allows 32 MiB unless told.
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 192 * 1024 * 1024 };

const FORMS = `'byok_' and 43 base64url characters, 64 or more hex digits (an even number), base64 of ${LEAST_BYTES} or more bytes, or a Buffer of them`;
const PASSPHRASE_HINT = 'If it is meant as a passphrase, write { passphrase, salt } instead.';

/**
 * The bytes of a root secret, in a Buffer of their own.
 *
 * @param name - What the message calls it.
 * @throws ConfigurationError which never quotes the secret
 * @internal
 */
export function readRootSecret(secret: RootSecret, name = 'secret'): Buffer {
  const refuse = (reason: string): never => {
    throw new ConfigurationError(
      `The option '${name}' ${reason} A good one is what this command prints: ${GENERATE_COMMAND}`,
    );
  };
  const given: unknown = secret;
  if (typeof given === 'string') return fromText(given, refuse);
  if (types.isUint8Array(given)) return fromBytes(Buffer.from(given), refuse);
  if (given === undefined || given === null) {
    return refuse('is missing: the environment variable it is read from is probably not set.');
  }
  if (typeof given === 'object' && 'passphrase' in given) {
    return fromPassphrase(given.passphrase, 'salt' in given ? given.salt : undefined, refuse);
  }
  return refuse(`cannot be a secret. Write ${FORMS}, or { passphrase, salt }, or give a KeyWrapper.`);
}

type Refuse = (reason: string) => never;

function fromText(text: string, refuse: Refuse): Buffer {
  if (text.trim() === '') refuse('is empty: the environment variable it is read from is probably not set.');
  if (/^[\s'"`]|[\s'"`]$/.test(text)) refuse('has white space or quotation marks around it. Write it without them.');
  if (isPlaceholder(text)) refuse('is a known placeholder. Write a secret of your own.');
  if (text.includes(',')) refuse(`has a comma in it. If it is several secrets, write an array: secret.split(',').`);
  const bytes = decode(text);
  if (!bytes) return refuse(`has none of the forms of a secret: ${FORMS}. ${PASSPHRASE_HINT}`);
  if (bytes.length < LEAST_BYTES) refuse(`is too short. Write ${FORMS}. ${PASSPHRASE_HINT}`);
  const weakness = weaknessOfText(text.startsWith(GENERATED_PREFIX) ? text.slice(GENERATED_PREFIX.length) : text);
  if (weakness) refuse(`${weakness}: it is not random. ${PASSPHRASE_HINT}`);
  return fromBytes(bytes, refuse);
}

function fromBytes(bytes: Buffer, refuse: Refuse): Buffer {
  if (bytes.length < LEAST_BYTES) refuse(`has ${bytes.length} bytes and needs ${LEAST_BYTES} or more.`);
  const weakness = weaknessOfBytes(bytes);
  if (weakness) refuse(`${weakness}. ${PASSPHRASE_HINT}`);
  return bytes;
}

function fromPassphrase(passphrase: unknown, salt: unknown, refuse: Refuse): Buffer {
  if (typeof passphrase !== 'string' || !passphrase.isWellFormed())
    return refuse('has a passphrase that is not a string.');
  const text = passphrase.normalize('NFKC');
  if ([...text].length < LEAST_PASSPHRASE) {
    refuse(
      `has a passphrase of fewer than ${LEAST_PASSPHRASE} characters. Write a longer one, or better no passphrase.`,
    );
  }
  const weakness = weaknessOfPassphrase(text);
  if (weakness) refuse(`has a passphrase that ${weakness}. Write another, or better no passphrase.`);
  const saltBytes = saltOf(salt);
  if (!saltBytes || saltBytes.length < LEAST_SALT) {
    return refuse(`needs a salt of ${LEAST_SALT} or more bytes beside the passphrase: { passphrase, salt }.`);
  }
  return scryptSync(text, saltBytes, LEAST_BYTES, SCRYPT);
}

function saltOf(salt: unknown): Buffer | undefined {
  if (typeof salt === 'string') return salt.isWellFormed() ? Buffer.from(salt) : undefined;
  return types.isUint8Array(salt) ? Buffer.from(salt) : undefined;
}

function decode(text: string): Buffer | undefined {
  if (text.startsWith(GENERATED_PREFIX)) {
    const bytes = decodeStrictly(text.slice(GENERATED_PREFIX.length), 'base64url');
    return bytes?.length === LEAST_BYTES ? bytes : undefined;
  }
  if (/^[0-9a-f]+$/i.test(text)) {
    // Never as base64: cut or miscounted hex would be one.
    return text.length % 2 === 0 ? Buffer.from(text, 'hex') : undefined;
  }
  return decodeStrictly(text, 'base64') ?? decodeStrictly(text, 'base64url');
}

/** Node skips over what is no base64 and over spare bits, so what it read has to give the same text again. */
function decodeStrictly(text: string, encoding: 'base64' | 'base64url'): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  const unpadded = bytes.toString(encoding).replace(/=+$/, '');
  const padding = '='.repeat((4 - (unpadded.length % 4)) % 4);
  return text === unpadded || text === unpadded + padding ? bytes : undefined;
}
