import type * as Sdk from '@aws-sdk/client-kms';
import type { KMSClient } from '@aws-sdk/client-kms';
import { ConfigurationError, KeyWrapperError } from '../errors/index.js';
import type { KeyWrapContext, KeyWrapper, KeyWrapperCall } from '../interfaces/index.js';

/** Options of {@link AwsKmsWrapper}. @publicApi */
export interface AwsKmsOptions {
  /** The key: an ARN, an id, or an alias (`alias/byok`). Symmetric. With an ARN, nothing depends on the region that is set. */
  keyId: string;
  /** A client of the application's own, with its credentials and region. Default: one that finds both as the SDK does. */
  client?: KMSClient;
  /** Region for the client that is made here. Default: that of the key's ARN, else where the SDK looks. */
  region?: string;
  /** Another endpoint for the client that is made here: a VPC endpoint, say. */
  endpoint?: string;
  /** The wrapper's `id`. Default `aws-kms:<keyId>`. */
  id?: string;
}

/** Failures that are the client's by their kind, and pass all the same. */
const PASSING = new Set(['KMSInvalidStateException', 'LimitExceededException', 'KeyUnavailableException']);

const ADVICE: Record<string, string> = {
  AccessDeniedException:
    'The policy of the key, or of the role, does not allow kms:Encrypt and kms:Decrypt with this encryption context.',
  InvalidCiphertextException: 'The wrapped root is not of this key and context.',
  IncorrectKeyException: 'The wrapped root is of another key.',
  NotFoundException: 'There is no such key in this account and region.',
  DisabledException: 'The key is disabled.',
  InvalidKeyUsageException: 'The key must be a symmetric one, for encryption.',
};

/**
 * Has AWS KMS wrap the root of the keys. Needs the package `@aws-sdk/client-kms`, which is loaded at the first call.
 *
 * The context goes with each call as the encryption context, by which policies can allow it and CloudTrail tells it.
 *
 * @example
 * ```ts
 * import { AwsKmsWrapper } from 'nestjs-byok/aws-kms';
 *
 * ByokModule.forRoot({
 *   db: process.env.DATABASE_URL,
 *   secret: new AwsKmsWrapper({ keyId: 'arn:aws:kms:eu-central-1:111122223333:key/…' }),
 * });
 * ```
 *
 * @publicApi
 */
export class AwsKmsWrapper implements KeyWrapper {
  readonly id: string;
  readonly #keyId: string;
  readonly #options: AwsKmsOptions;
  #client: KMSClient | undefined;

  /** @throws ConfigurationError for an option that cannot work */
  constructor(options: AwsKmsOptions) {
    if (typeof options.keyId !== 'string' || !/^[\w:/-]{1,2048}$/.test(options.keyId)) {
      throw new ConfigurationError(
        'AwsKmsWrapper: keyId must be the ARN, the id or the alias (alias/…) of a key. If it comes from the environment, the variable is empty.',
      );
    }
    this.id = options.id ?? `aws-kms:${options.keyId}`;
    this.#keyId = options.keyId;
    this.#options = options;
    this.#client = options.client;
  }

  /** @throws KeyWrapperError */
  async wrap(key: Uint8Array, context: KeyWrapContext, { signal }: KeyWrapperCall): Promise<Uint8Array> {
    const { EncryptCommand } = await load();
    const command = new EncryptCommand({ KeyId: this.#keyId, Plaintext: key, EncryptionContext: { ...context } });
    const client = await this.#connected();
    const { CiphertextBlob } = await this.#answered(client.send(command, { abortSignal: signal }));
    if (!CiphertextBlob) throw this.#strange();
    return CiphertextBlob;
  }

  /** @throws KeyWrapperError */
  async unwrap(wrapped: Uint8Array, context: KeyWrapContext, { signal }: KeyWrapperCall): Promise<Uint8Array> {
    const { DecryptCommand } = await load();
    // With the key's id, so that nobody gives us a root that another key wrapped.
    const input = { KeyId: this.#keyId, CiphertextBlob: wrapped, EncryptionContext: { ...context } };
    const client = await this.#connected();
    const { Plaintext } = await this.#answered(client.send(new DecryptCommand(input), { abortSignal: signal }));
    if (!Plaintext) throw this.#strange();
    return Plaintext;
  }

  /** Whether the key is enabled; needs the permission kms:DescribeKey. @throws KeyWrapperError */
  async health({ signal }: KeyWrapperCall): Promise<void> {
    const { DescribeKeyCommand } = await load();
    const client = await this.#connected();
    const command = new DescribeKeyCommand({ KeyId: this.#keyId });
    const { KeyMetadata } = await this.#answered(client.send(command, { abortSignal: signal }));
    if (KeyMetadata?.KeyState !== 'Enabled') throw new KeyWrapperError(`${this.id}: the key is not enabled.`, true);
  }

  async #connected(): Promise<KMSClient> {
    if (this.#client) return this.#client;
    const { KMSClient } = await load();
    const { endpoint, region = /^arn:[^:]+:kms:([^:]+):/.exec(this.#keyId)?.[1] } = this.#options;
    // Who calls a wrapper tries again.
    return (this.#client ??= new KMSClient({
      maxAttempts: 1,
      ...(region && { region }),
      ...(endpoint && { endpoint }),
    }));
  }

  /** Nothing of a failure but its name: messages of the service quote ARNs of roles. */
  async #answered<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      const { name, $fault, $retryable } = (error ?? {}) as { name?: unknown; $fault?: unknown; $retryable?: unknown };
      const kind = typeof name === 'string' && /^\w{1,64}$/.test(name) ? name : 'failure';
      const passes = $fault !== 'client' || $retryable !== undefined || PASSING.has(kind) || /Throttl/.test(kind);
      if (passes) throw new KeyWrapperError(`${this.id}: AWS KMS cannot be used now (${kind}).`, false);
      throw new KeyWrapperError(`${this.id}: AWS KMS refused (${kind}). ${ADVICE[kind] ?? ''}`.trim(), true);
    }
  }

  #strange(): KeyWrapperError {
    return new KeyWrapperError(`${this.id}: what answered does not speak the protocol of AWS KMS.`, true);
  }
}

async function load(): Promise<typeof Sdk> {
  try {
    return await import('@aws-sdk/client-kms');
  } catch {
    throw new ConfigurationError('AwsKmsWrapper needs its package: npm install @aws-sdk/client-kms');
  }
}
