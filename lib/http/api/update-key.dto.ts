import { IsObject, IsOptional, IsString } from 'class-validator';
import { ExpiryDto } from './expiry.dto.js';

/**
 * Body of `PATCH /api/keys/:provider`. What is left out stays as it is.
 *
 * @internal
 */
export class UpdateKeyDto extends ExpiryDto {
  /** A new key. */
  @IsOptional()
  @IsString()
  apiKey?: string;

  /** A new label. */
  @IsOptional()
  @IsString()
  label?: string;

  /** Extra values to set; `null` removes one. */
  @IsOptional()
  @IsObject()
  fields?: Record<string, string | null>;
}
