import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * An encryption key in use. Rows of keys refer to it, so Postgres refuses to retire one that a row still needs, and
 * refuses a late writer whose key is retired.
 *
 * @publicApi
 */
@Entity({ name: 'byok_keyring', synchronize: false })
export class ByokKeyringEntry {
  @PrimaryColumn({ name: 'key_id', type: 'bytea', primaryKeyConstraintName: 'byok_keyring_pkey' })
  keyId!: Buffer;

  /** A known text, sealed: who can open it has the right secret. */
  @Column({ type: 'bytea' })
  canary!: Buffer;

  /** For a key that is held elsewhere: its root, as a key management service wrapped it. */
  @Column({ name: 'wrapped_root', type: 'bytea', nullable: true, select: false })
  wrappedRoot!: Buffer | null;

  /** The `id` of the `KeyWrapper` that wrapped it. */
  @Column({ name: 'wrapper_id', type: 'text', nullable: true })
  wrapperId!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;
}
