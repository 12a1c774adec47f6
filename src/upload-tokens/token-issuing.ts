import { Inject, Injectable } from '@nestjs/common';
import { UPLOAD_TOKEN_PATH, UploadTokens, type Actor } from '../auth/index.js';
import { appConfig, type AppConfig } from '../config/index.js';
import { UploadTargets } from '../direct-uploads/index.js';
import type { CreateUploadTokenRequest, UploadTokenResponse } from './dto/upload-token.dto.js';
import { UnknownParameterError } from './upload-tokens.errors.js';

/** A kind, and the names of what its uploads say. */
interface KnownKind {
  readonly name: string;
  readonly parameters: readonly string[];
}

/** Gives out tokens, for kinds and parameters that there are. */
@Injectable()
export class TokenIssuing {
  constructor(
    private readonly tokens: UploadTokens,
    private readonly targets: UploadTargets,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  /** Throws `UnknownFileKindError`, `KindNotDirectError`, `UnknownParameterError`, or what is wrong with a value. */
  async issue(
    { kind, parameters = {}, expiresInSeconds, holder }: CreateUploadTokenRequest,
    actor: Actor,
  ): Promise<UploadTokenResponse> {
    const names = kind === undefined ? this.targets.kindNames : [kind];
    const kinds = names.map((name) => ({ name, parameters: this.targets.parameterNames(name) }));
    for (const [name, value] of Object.entries(parameters)) await this.assertTaken(kinds, name, value);
    const pins = { ...(kind !== undefined && { kind }), parameters };
    const issued = await this.tokens.issue({ actor, pins, expiresInSeconds, ...(holder !== undefined && { holder }) });
    return {
      ...issued,
      companionEndpoint: `${this.app.publicUrl}${UPLOAD_TOKEN_PATH}${issued.token}`,
      tusEndpoint: `${this.app.publicUrl}/v1/tus`,
    };
  }

  /** A token that is for any kind is of use where one of them takes the value. */
  private async assertTaken(kinds: readonly KnownKind[], name: string, value: string): Promise<void> {
    const asking = kinds.filter(({ parameters }) => parameters.includes(name));
    if (asking.length === 0) throw new UnknownParameterError(name);
    const answers = await Promise.allSettled(
      asking.map((kind) => this.targets.assertTakes(kind.name, { [name]: value })),
    );
    const [first] = answers;
    if (first?.status === 'rejected' && answers.every(({ status }) => status === 'rejected')) throw first.reason;
  }
}
