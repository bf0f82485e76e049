import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An encryption key that must never seal again. @publicApi */
@Entity({ name: 'byok_retired_keys', synchronize: false })
export class ByokRetiredKey {
  @PrimaryColumn({ name: 'key_id', type: 'bytea', primaryKeyConstraintName: 'byok_retired_keys_pkey' })
  keyId!: Buffer;

  @Column({ name: 'retired_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  retiredAt!: Date;
}
