import { ApiProperty } from '@nestjs/swagger';
import type { Response } from 'express';
import type { SignedCookies } from '../../cloudfront/index.js';

/** What the cookies open; their values are in the headers alone. */
export class CookiesResponse {
  @ApiProperty({ example: 'https://media.example.org/audio-files/sessions/session-42/*' })
  resource!: string;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-03-01T11:15:00.000Z' })
  expiresAt!: Date;

  @ApiProperty({
    type: [String],
    example: ['CloudFront-Policy', 'CloudFront-Signature', 'CloudFront-Key-Pair-Id'],
    description: 'The names of the cookies that were set.',
  })
  cookies!: string[];
}

/** Sets each cookie for the folder it opens, out of reach of scripts, for pages of the same site. */
export function sendCookies(response: Response, signed: SignedCookies): CookiesResponse {
  const { cookies, expiresAt, resource, path, domain } = signed;
  for (const [name, value] of Object.entries(cookies)) {
    response.cookie(name, value, {
      path,
      expires: expiresAt,
      secure: true,
      httpOnly: true,
      sameSite: 'lax',
      ...(domain !== undefined && { domain }),
    });
  }
  // The values are secrets: no cache between us and the browser keeps them.
  response.setHeader('Cache-Control', 'no-store');
  return { resource, expiresAt, cookies: Object.keys(cookies) };
}
