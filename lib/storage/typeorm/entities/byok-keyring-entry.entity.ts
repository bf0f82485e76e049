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

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;
}
