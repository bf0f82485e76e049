import { IsString } from 'class-validator';

/**
 * Body of `PUT /api/keys/:provider/default`.
 *
 * @internal
 */
export class DefaultKeyDto {
  /** Label of the key to use by default. */
  @IsString()
  label!: string;
}
