import { Injectable } from '@nestjs/common';
import { Ids } from '../config/index.js';
import { UploadTarget } from '../direct-uploads/index.js';
import type { FormTarget } from '../uploads/index.js';
import {
  AssetParameters,
  ClipParameters,
  ManualUploadParameters,
  OriginalParameters,
} from './dto/upload.parameters.js';
import { manualUpload, sessionAsset, sessionClip, sessionOriginal } from './session-kinds.js';

/** Where the files of a session go, however they are sent. */
@Injectable()
export class SessionTargets {
  constructor(private readonly ids: Ids) {}

  @UploadTarget(sessionOriginal, OriginalParameters)
  original({ sessionId, type }: OriginalParameters): FormTarget {
    return { parameters: { sessionId, type }, references: { sessionId } };
  }

  @UploadTarget(sessionAsset, AssetParameters)
  asset({ sessionId, category }: AssetParameters): FormTarget {
    return { parameters: { sessionId, category }, references: { sessionId } };
  }

  @UploadTarget(sessionClip, ClipParameters)
  clip({ sessionId, quoteId }: ClipParameters): FormTarget {
    return { parameters: { sessionId, quoteId }, references: { sessionId }, metadata: { quoteId } };
  }

  /** Outside any session. */
  @UploadTarget(manualUpload, ManualUploadParameters)
  manual({ uploadId = this.ids.next() }: ManualUploadParameters): FormTarget {
    return { parameters: { uploadId }, references: {}, metadata: { uploadId } };
  }
}
