import { IsInt, IsISO8601, IsObject, IsOptional, IsString, Min } from 'class-validator';

/**
 * Body of `PATCH /api/keys/:provider`. What is left out stays as it is.
 *
 * @publicApi
 */
export class UpdateKeyDto {
  /** A new key. */
  @IsOptional()
  @IsString()
  apiKey?: string;

  /** A new label. */
  @IsOptional()
  @IsString()
  label?: string;

  /** Seconds from now until it expires. */
  @IsOptional()
  @IsInt()
  @Min(1)
  ttlSeconds?: number;

  /** When it expires, with a time zone: `2030-01-31T12:00:00Z`; `null`: never. */
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  expiresAt?: string | null;

  /** Extra values to set; `null` removes one. */
  @IsOptional()
  @IsObject()
  fields?: Record<string, string | null>;
}
