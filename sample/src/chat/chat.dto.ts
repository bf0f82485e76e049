import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

export class ChatDto {
  @IsString()
  @IsNotEmpty()
  @MaxLength(8_000)
  message!: string;
}

export class SummariseDto {
  @IsString()
  @IsNotEmpty()
  @MaxLength(50_000)
  text!: string;
}
