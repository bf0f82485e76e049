import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * A stored key. The natural key is the primary key: it is the smallest, and what a distributed Postgres shards by.
 * Only its ciphertext is secret; it opens with no other owner, provider, label or expiry than this row's.
 *
 * @publicApi
 */
@Entity({ name: 'user_api_keys', synchronize: false })
@Index('user_api_keys_expires_at', ['expiresAt'], { where: 'expires_at IS NOT NULL' })
@Index('user_api_keys_key_id', ['keyId'])
export class UserApiKey {
  /** `'user'`. */
  @PrimaryColumn({ name: 'owner_kind', type: 'text', primaryKeyConstraintName: 'user_api_keys_pkey' })
  ownerKind!: string;

  @PrimaryColumn({ name: 'owner_id', type: 'text', primaryKeyConstraintName: 'user_api_keys_pkey' })
  ownerId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'user_api_keys_pkey' })
  provider!: string;

  @PrimaryColumn({ type: 'text', default: 'default', primaryKeyConstraintName: 'user_api_keys_pkey' })
  label!: string;

  /** Which encryption key sealed it: a row of `byok_keyring`. */
  @Column({ name: 'key_id', type: 'bytea' })
  keyId!: Buffer;

  @Column({ type: 'bytea', select: false })
  ciphertext!: Buffer;

  @Column({ type: 'text' })
  hint!: string;

  @Column({ type: 'bytea' })
  fingerprint!: Buffer;

  @Column({ name: 'field_names', type: 'text', array: true, default: () => "'{}'" })
  fieldNames!: string[];

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  updatedAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3, nullable: true })
  expiresAt!: Date | null;

  @Column({ name: 'last_used_at', type: 'timestamptz', precision: 3, nullable: true })
  lastUsedAt!: Date | null;

  /** When its owner chose it as the default key of its provider; of several the last one counts. */
  @Column({ name: 'preferred_at', type: 'timestamptz', precision: 3, nullable: true })
  preferredAt!: Date | null;

  /** When its provider last said something definite of it. */
  @Column({ name: 'checked_at', type: 'timestamptz', precision: 3, nullable: true })
  checkedAt!: Date | null;

  @Column({ name: 'check_outcome', type: 'text', nullable: true })
  checkOutcome!: string | null;

  @Column({ name: 'check_reason', type: 'text', nullable: true })
  checkReason!: string | null;

  @Column({ name: 'check_by', type: 'text', nullable: true })
  checkBy!: string | null;

  @Column({ name: 'expiring_noticed_at', type: 'timestamptz', precision: 3, nullable: true })
  expiringNoticedAt!: Date | null;

  @Column({ name: 'unused_noticed_at', type: 'timestamptz', precision: 3, nullable: true })
  unusedNoticedAt!: Date | null;
}
