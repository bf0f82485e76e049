import { IsString, Matches } from 'class-validator';

export class SignInDto {
  @IsString()
  @Matches(/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u, { message: 'user must be a name of 1 to 64 characters' })
  user!: string;
}
