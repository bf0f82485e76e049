import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenLocally } from './local-server.js';

interface Request {
  KeyId: string;
  Plaintext?: string;
  CiphertextBlob?: string;
  EncryptionContext?: Record<string, string>;
}

/** Speaks AWS KMS' protocol (JSON 1.1, signed with version 4) over HTTP. Encrypts with the context as associated data. */
export class AwsKmsStandIn {
  /** What was asked, in order: `Encrypt`. */
  readonly calls: string[] = [];
  last: { headers: IncomingMessage['headers']; body: Request } | undefined;
  latency = 0;
  cut = 0;
  /** Names of errors that are answered instead, with their status. */
  failures: [name: string, status: number][] = [];
  readonly #keys = new Map<string, Buffer>();

  private constructor(
    readonly endpoint: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<AwsKmsStandIn> {
    const server = createServer();
    const { url, close } = await listenLocally(server);
    const kms = new AwsKmsStandIn(url, close);
    server.on('request', (request, response) => void kms.#serve(request, response));
    return kms;
  }

  createKey(keyId: string): void {
    this.#keys.set(keyId, randomBytes(32));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    await sleep(this.latency, undefined, { ref: false });
    // Whoever asked has given up: what is to fail next is for others.
    if (request.socket.destroyed) return;
    if (this.cut > 0) {
      this.cut--;
      return void request.socket.destroy();
    }
    const failure = this.failures.shift();
    const answer = failure ?? this.#answer(request, Buffer.concat(chunks).toString());
    const [status, body] = Array.isArray(answer)
      ? [
          answer[1],
          { __type: answer[0], message: 'User: arn:aws:sts::111122223333:assumed-role/secret-role is told no' },
        ]
      : [200, answer];
    response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  }

  #answer({ method, url, headers }: IncomingMessage, text: string): object | [name: string, status: number] {
    const signed =
      /^AWS4-HMAC-SHA256 Credential=[\w/-]+\/kms\/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/;
    if (method !== 'POST' || url !== '/' || headers['content-type'] !== 'application/x-amz-json-1.1') {
      return ['UnknownOperationException', 400];
    }
    if (!signed.test(headers.authorization ?? '')) return ['MissingAuthenticationTokenException', 400];
    const [, operation] = /^TrentService\.(\w+)$/.exec(headers['x-amz-target'] as string) ?? [];
    this.calls.push(operation);
    const body = JSON.parse(text) as Request;
    this.last = { headers, body };
    const key = this.#keys.get(body.KeyId);
    if (!key) return ['NotFoundException', 400];
    const arn = `arn:aws:kms:eu-central-1:111122223333:${body.KeyId}`;
    if (operation === 'DescribeKey') return { KeyMetadata: { KeyId: arn, KeyState: 'Enabled' } };
    const aad = Buffer.from(JSON.stringify(Object.entries(body.EncryptionContext ?? {}).sort()));
    if (operation === 'Encrypt') {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
      const parts = [nonce, cipher.update(body.Plaintext!, 'base64'), cipher.final(), cipher.getAuthTag()];
      const CiphertextBlob = Buffer.concat(parts).toString('base64');
      return { CiphertextBlob, KeyId: arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    }
    if (operation !== 'Decrypt') return ['UnknownOperationException', 400];
    try {
      const bytes = Buffer.from(body.CiphertextBlob!, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
        .setAAD(aad)
        .setAuthTag(bytes.subarray(-16));
      const plaintext = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
      return { Plaintext: plaintext.toString('base64'), KeyId: arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    } catch {
      return ['InvalidCiphertextException', 400];
    }
  }
}
