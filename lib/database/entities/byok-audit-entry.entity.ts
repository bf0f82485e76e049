import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A line of the audit log, see the option `audit`. @publicApi */
@Entity({ name: 'byok_audit_log', synchronize: false })
@Index('byok_audit_log_owner', ['ownerKind', 'ownerId', 'at'])
@Index('byok_audit_log_at', ['at'])
@Index('byok_audit_log_actor', ['actorId'], { where: 'actor_id IS NOT NULL' })
export class ByokAuditEntry {
  /** Given by the instance, in the order of its entries: one that is sent twice is written once. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'byok_audit_log_pkey' })
  id!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  @Column({ name: 'owner_kind', type: 'text' })
  ownerKind!: string;

  @Column({ name: 'owner_id', type: 'text' })
  ownerId!: string;

  @Column({ type: 'text' })
  action!: string;

  @Column({ type: 'text' })
  outcome!: string;

  @Column({ type: 'text' })
  provider!: string;

  @Column({ type: 'text' })
  label!: string;

  @Column({ name: 'key_id', type: 'bytea', nullable: true })
  keyId!: Buffer | null;

  @Column({ type: 'text', nullable: true })
  source!: string | null;

  /** The user who did it, if that is not the owner. */
  @Column({ name: 'actor_id', type: 'text', nullable: true })
  actorId!: string | null;

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId!: string | null;

  @Column({ type: 'integer' })
  times!: number;
}
