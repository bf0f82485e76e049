interface Seal {
  (row: { ownerId: string; apiKey: string }): { keyId: Buffer; ciphertext: Buffer; fingerprint: Buffer };
}

export function insertSealedRows(options: { url: string; rows: number; seal: Seal }): Promise<void>;
export function userId(n: number): string;
export function apiKeyOf(ownerId: string): string;
export function sealWith(encryption: {
  readonly keyId: Buffer;
  encrypt(text: string, context: never): Buffer;
  fingerprint(provider: string, apiKey: string): Buffer;
}): Seal;
