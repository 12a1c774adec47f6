import { Inject, Injectable } from '@nestjs/common';
import { UPLOAD_TOKEN_PATH, UploadTokens, type Actor } from '../auth/index.js';
import { appConfig, type AppConfig } from '../config/index.js';
import { UploadTargets } from '../direct-uploads/index.js';
import type { CreateUploadTokenRequest, UploadTokenResponse } from './dto/upload-token.dto.js';
import { UnknownParameterError } from './upload-tokens.errors.js';

/** Gives out tokens, for kinds and parameters that there are. */
@Injectable()
export class TokenIssuing {
  constructor(
    private readonly tokens: UploadTokens,
    private readonly targets: UploadTargets,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  /** Throws `UnknownFileKindError`, `KindNotDirectError`, `UnknownParameterError`. */
  async issue(
    { kind, parameters = {}, expiresInSeconds, holder }: CreateUploadTokenRequest,
    actor: Actor,
  ): Promise<UploadTokenResponse> {
    const kinds = kind === undefined ? this.targets.kindNames : [kind];
    const known = kinds.flatMap((name) => this.targets.parameterNames(name));
    for (const name of Object.keys(parameters)) if (!known.includes(name)) throw new UnknownParameterError(name);
    const pins = { ...(kind !== undefined && { kind }), parameters };
    const issued = await this.tokens.issue({ actor, pins, expiresInSeconds, ...(holder !== undefined && { holder }) });
    return {
      ...issued,
      companionEndpoint: `${this.app.publicUrl}${UPLOAD_TOKEN_PATH}${issued.token}`,
      tusEndpoint: `${this.app.publicUrl}/v1/tus`,
    };
  }
}
