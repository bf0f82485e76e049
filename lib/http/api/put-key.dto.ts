import { IsObject, IsOptional, IsString } from 'class-validator';
import { ExpiryDto } from './expiry.dto.js';

/**
 * Body of `PUT /api/keys/:provider`.
 *
 * @internal
 */
export class PutKeyDto extends ExpiryDto {
  /** The key as the provider gave it out. */
  @IsString()
  apiKey!: string;

  /** Default `'default'`. */
  @IsOptional()
  @IsString()
  label?: string;

  /** Extra values that the provider's configuration names. */
  @IsOptional()
  @IsObject()
  fields?: Record<string, string>;
}
