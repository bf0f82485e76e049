import { IsInt, IsISO8601, IsObject, IsOptional, IsString, Min } from 'class-validator';

/**
 * Body of `PUT /api/keys/:provider`.
 *
 * @publicApi
 */
export class PutKeyDto {
  /** The key as the provider gave it out. */
  @IsString()
  apiKey!: string;

  /** Default `'default'`. */
  @IsOptional()
  @IsString()
  label?: string;

  /** Seconds until it expires. */
  @IsOptional()
  @IsInt()
  @Min(1)
  ttlSeconds?: number;

  /** When it expires, with a time zone: `2030-01-31T12:00:00Z`. */
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  expiresAt?: string;

  /** Extra values that the provider's configuration names. */
  @IsOptional()
  @IsObject()
  fields?: Record<string, string>;
}
