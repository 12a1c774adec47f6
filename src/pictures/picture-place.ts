import type { FileKind, KeyParameters } from '../storage/index.js';
import { PictureShape } from './picture-job.js';
import { organizationLogo, stakeholderAvatar, userAvatar } from './picture-kinds.js';

/** Whose picture it is. */
export interface PicturePlace {
  readonly kind: FileKind;
  readonly shape: PictureShape;
  readonly parameters: KeyParameters;
  /** The user that the picture's files belong to, where it is one. */
  readonly ownerId?: string;
}

export function userPicture(userId: string): PicturePlace {
  return { kind: userAvatar, shape: PictureShape.Avatar, parameters: { userId }, ownerId: userId };
}

export function stakeholderPicture(stakeholderId: string): PicturePlace {
  return { kind: stakeholderAvatar, shape: PictureShape.Avatar, parameters: { stakeholderId } };
}

export function organizationPicture(organizationId: string): PicturePlace {
  return { kind: organizationLogo, shape: PictureShape.Logo, parameters: { organizationId } };
}
