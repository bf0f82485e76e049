import { IsInt, IsISO8601, IsOptional, Min } from 'class-validator';

/** When the key of a request expires. @internal */
export class ExpiryDto {
  /** Seconds from now. */
  @IsOptional()
  @IsInt()
  @Min(1)
  ttlSeconds?: number;

  /** With a time zone: `2030-01-31T12:00:00Z`. `null` is never if a key is changed, else the same as left out. */
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  expiresAt?: string | null;
}
