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
import { manualUpload, SESSION_FILE_UPLOADED, sessionAsset, sessionClip, sessionOriginal } from './session-kinds.js';

/** Where the files of a session go, however they are sent. */
@Injectable()
export class SessionTargets {
  constructor(private readonly ids: Ids) {}

  @UploadTarget(sessionOriginal, { parameters: OriginalParameters, event: SESSION_FILE_UPLOADED })
  original({ sessionId, type }: OriginalParameters): FormTarget {
    return { parameters: { sessionId, type }, references: { sessionId } };
  }

  @UploadTarget(sessionAsset, { parameters: AssetParameters, event: SESSION_FILE_UPLOADED })
  asset({ sessionId, category }: AssetParameters): FormTarget {
    return { parameters: { sessionId, category }, references: { sessionId } };
  }

  @UploadTarget(sessionClip, { parameters: ClipParameters, event: SESSION_FILE_UPLOADED })
  clip({ sessionId, quoteId }: ClipParameters): FormTarget {
    return { parameters: { sessionId, quoteId }, references: { sessionId }, metadata: { quoteId } };
  }

  /** Outside any session. */
  @UploadTarget(manualUpload, { parameters: ManualUploadParameters, event: SESSION_FILE_UPLOADED })
  manual({ uploadId = this.ids.next() }: ManualUploadParameters): FormTarget {
    return { parameters: { uploadId }, references: {}, metadata: { uploadId } };
  }
}
