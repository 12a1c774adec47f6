import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsNumber, IsString, IsUrl, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import { IfPresent } from '../../http/index.js';
import { OUTSIDE_ID } from '../../storage/index.js';

const ID = {
  pattern: `^${OUTSIDE_ID}$`,
  message: 'must be 1 to 64 letters, digits, _ and -, beginning with a letter or a digit',
};
const MAX_SECONDS = 10_000_000;

/** What a sentence of a charter rests on: a quote of a recorded session, or a source outside. Other properties are kept as they are. */
export class CitationDto {
  @ApiPropertyOptional({ minLength: 1, maxLength: 128, example: 'c1', description: 'Unique in its list.' })
  @IfPresent()
  @IsString({ message: 'must be text' })
  @Length(1, 128, { message: 'must have 1 to 128 characters' })
  id?: string;

  @ApiPropertyOptional({ pattern: ID.pattern, example: 'quote-7' })
  @IfPresent()
  @Matches(new RegExp(ID.pattern), { message: ID.message })
  quoteId?: string;

  @ApiPropertyOptional({ pattern: ID.pattern, example: '42' })
  @IfPresent()
  @Matches(new RegExp(ID.pattern), { message: ID.message })
  sessionId?: string;

  @ApiPropertyOptional({ maxLength: 10_000, example: 'We want to be asked before the decision, not after.' })
  @IfPresent()
  @IsString({ message: 'must be text' })
  @MaxLength(10_000, { message: 'must have at most 10000 characters' })
  text?: string;

  @ApiPropertyOptional({ maxLength: 500, example: 'Participant 3' })
  @IfPresent()
  @IsString({ message: 'must be text' })
  @MaxLength(500, { message: 'must have at most 500 characters' })
  speaker?: string;

  @ApiPropertyOptional({
    minimum: 0,
    maximum: MAX_SECONDS,
    example: 61.5,
    description: 'Where the quote begins in its recording.',
  })
  @IfPresent()
  @IsNumber({}, { message: 'must be a number of seconds' })
  @Min(0, { message: 'must not be negative' })
  @Max(MAX_SECONDS, { message: `must be at most ${MAX_SECONDS}` })
  startSeconds?: number;

  @ApiPropertyOptional({ minimum: 0, maximum: MAX_SECONDS, example: 68, description: 'Not before `startSeconds`.' })
  @IfPresent()
  @IsNumber({}, { message: 'must be a number of seconds' })
  @Min(0, { message: 'must not be negative' })
  @Max(MAX_SECONDS, { message: `must be at most ${MAX_SECONDS}` })
  endSeconds?: number;

  @ApiPropertyOptional({ maxLength: 2000, example: 'Youth survey 2025, table 4' })
  @IfPresent()
  @IsString({ message: 'must be text' })
  @MaxLength(2000, { message: 'must have at most 2000 characters' })
  source?: string;

  @ApiPropertyOptional({ format: 'uri', maxLength: 2000, example: 'https://example.org/survey-2025.pdf' })
  @IfPresent()
  @IsUrl(
    { protocols: ['http', 'https'], require_protocol: true, require_tld: false },
    { message: 'must be an http or https URL' },
  )
  @MaxLength(2000, { message: 'must have at most 2000 characters' })
  url?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, example: 4, description: 'Of the source.' })
  @IfPresent()
  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be at least 1' })
  page?: number;
}
