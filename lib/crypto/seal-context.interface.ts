/**
 * What a sealed record is bound to. It opens only with exactly the context it was sealed with.
 *
 * @publicApi
 */
export interface SealContext {
  purpose: 'session' | 'database' | 'canary';
  ownerKind: string;
  ownerId: string;
  provider: string;
  label: string;
  /** When the key stops being handed out; `null` for never. Millisecond precision. */
  expiresAt: Date | null;
}
