import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenLocally } from './local-server.js';

const TOKEN = 'an-example-of-a-vault-token-77';

interface Answer {
  status: number;
  body?: unknown;
}

/**
 * Speaks the protocol of Vault's transit engine over HTTP, and encrypts as it does: AES-256-GCM with associated data, a
 * key for each context where a key is derived, versions of keys.
 */
export class VaultStandIn {
  readonly token = TOKEN;
  /** What was asked, in order: `encrypt byok`. */
  readonly calls: string[] = [];
  /** The headers and body of the last request. */
  last: { headers: IncomingMessage['headers']; body: Record<string, string> } | undefined;
  /** Every plaintext that was sent to it or given out, which is what must be nowhere else. */
  readonly plaintexts: Buffer[] = [];
  sealed = false;
  latency = 0;
  /** Requests that are answered once so many of them are here. */
  together = 1;
  #waiting: (() => void)[] = [];
  /** Requests from now on whose connection is cut instead of an answer. */
  cut = 0;
  /** Answers instead of the real ones. */
  failures: Answer[] = [];
  /** Passed over, with a warning, as Vault before 1.9 does. */
  knowsAssociatedData = true;
  readonly #keys = new Map<string, { derived: boolean; versions: Buffer[] }>();

  private constructor(
    readonly address: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<VaultStandIn> {
    const server = createServer();
    const { url, close } = await listenLocally(server);
    const vault = new VaultStandIn(url, close);
    server.on('request', (request, response) => void vault.#serve(request, response));
    return vault;
  }

  createKey(name: string, { derived = false } = {}): void {
    this.#keys.set(name, { derived, versions: [randomBytes(32)] });
  }

  /** A new version of the key: what is encrypted from now on has it. */
  rotateKey(name: string): void {
    this.#keys.get(name)!.versions.push(randomBytes(32));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    await sleep(this.latency, undefined, { ref: false });
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length >= this.together) for (const go of this.#waiting.splice(0)) go();
    });
    // Whoever asked has given up: what is to fail next is for others.
    if (request.socket.destroyed) return;
    if (this.cut > 0) {
      this.cut--;
      return void request.socket.destroy();
    }
    const { status, body } = this.failures.shift() ?? this.#answer(request, Buffer.concat(chunks).toString());
    response
      .writeHead(status, { 'Content-Type': 'application/json' })
      .end(body === undefined ? '' : JSON.stringify(body));
  }

  #answer({ method, url, headers }: IncomingMessage, text: string): Answer {
    if (url!.startsWith('/v1/sys/health')) return { status: this.sealed ? 503 : 200, body: { sealed: this.sealed } };
    if (this.sealed) return refused(503, 'Vault is sealed');
    const [, operation, name] = /^\/v1\/transit\/(encrypt|decrypt)\/([\w.-]+)$/.exec(url!) ?? [];
    if (!operation) return refused(404, `no handler for route "${url}"`);
    if (method !== 'POST') return refused(405, 'unsupported operation');
    if (headers['x-vault-token'] !== TOKEN) return refused(403, 'permission denied');
    this.calls.push(`${operation} ${name}`);
    const body = JSON.parse(text) as Record<string, string>;
    this.last = { headers, body };
    const key = this.#keys.get(name);
    if (!key) return refused(400, 'encryption key not found');
    if (key.derived && !body['context'])
      return refused(
        400,
        'missing context for key derivation; the key was created using a derived key, which means additional, per-request information must be included in order to perform operations with the key',
      );
    const aad = this.knowsAssociatedData ? Buffer.from(body['associated_data'] ?? '', 'base64') : Buffer.alloc(0);
    const of = (version: Buffer) =>
      key.derived ? createHmac('sha256', version).update(body['context']).digest() : version;
    const warnings = this.knowsAssociatedData
      ? null
      : ['Endpoint ignored these unrecognized parameters: [associated_data]'];
    if (operation === 'encrypt') {
      const plaintext = this.#seen(body['plaintext']);
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', of(key.versions.at(-1)!), nonce).setAAD(aad);
      const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
      const ciphertext = `vault:v${key.versions.length}:${sealed.toString('base64')}`;
      return { status: 200, body: { data: { ciphertext, key_version: key.versions.length }, warnings } };
    }
    const [, version, sealed] = /^vault:v(\d+):(.+)$/.exec(body['ciphertext'] ?? '') ?? [];
    const secret = key.versions[Number(version) - 1];
    if (!secret) return refused(400, 'invalid ciphertext: no prefix');
    try {
      const bytes = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', of(secret), bytes.subarray(0, 12))
        .setAAD(aad)
        .setAuthTag(bytes.subarray(-16));
      const plaintext = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('base64');
      this.#seen(plaintext);
      return { status: 200, body: { data: { plaintext }, warnings } };
    } catch {
      return refused(400, 'cipher: message authentication failed');
    }
  }

  #seen(plaintext: string): Buffer {
    const bytes = Buffer.from(plaintext, 'base64');
    this.plaintexts.push(bytes);
    return bytes;
  }
}

function refused(status: number, error: string): Answer {
  return { status, body: { errors: [error] } };
}
