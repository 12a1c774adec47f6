import { ApiProperty } from '@nestjs/swagger';
import { IsIn, Matches } from 'class-validator';
import { TEMPLATE_FAMILIES } from '../template-kinds.js';

const FAMILIES = Object.keys(TEMPLATE_FAMILIES);
/** The rule of `{name}` in keys, and behind a dot a known extension. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}(?:\.(?:docx|pptx))?$/;

/** A family of templates in a path. */
export class TemplateFamilyParam {
  @ApiProperty({ enum: FAMILIES, example: 'export-templates' })
  @IsIn(FAMILIES, { message: 'family must be export-templates or charter-templates' })
  family!: string;
}

/** A template in a path. */
export class TemplateParam extends TemplateFamilyParam {
  @ApiProperty({ pattern: NAME.source, example: 'executive-summary', description: 'With its extension, or without.' })
  @Matches(NAME, {
    message:
      'name must be 1 to 64 letters, digits, _ and -, begin with a letter or a digit, and may end in .docx or .pptx',
  })
  name!: string;
}
