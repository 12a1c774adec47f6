import { FileKind, FormatFamily, RetentionClass } from '../storage/index.js';

const MEBIBYTE = 1024 * 1024;
/** What pictures are made from. ALLOWED_IMAGE_FORMATS may narrow it. */
const MADE_FROM = { family: FormatFamily.Image, extensions: ['.jpg', '.jpeg', '.png', '.webp', '.gif'] } as const;
const COMMON = {
  ifTaken: 'place',
  madeFrom: MADE_FROM,
  maxSizeBytes: 20 * MEBIBYTE,
  retentionClass: RetentionClass.Picture,
  linkable: true,
} as const;
/** The variant that every kind of picture has. */
export const THUMBNAIL = 'thumbnail';

export const userAvatar = new FileKind({
  ...COMMON,
  name: 'user-avatar',
  keyTemplate: 'media/avatars/users/{userId}/profile.jpg',
  accepts: ['.jpg'],
  variants: { [THUMBNAIL]: { keyTemplate: 'media/avatars/users/{userId}/thumbnail.jpg', accepts: ['.jpg'] } },
});

export const stakeholderAvatar = new FileKind({
  ...COMMON,
  name: 'stakeholder-avatar',
  keyTemplate: 'media/avatars/stakeholders/{stakeholderId}/avatar.jpg',
  accepts: ['.jpg'],
  variants: {
    [THUMBNAIL]: { keyTemplate: 'media/avatars/stakeholders/{stakeholderId}/thumbnail.jpg', accepts: ['.jpg'] },
  },
});

export const organizationLogo = new FileKind({
  ...COMMON,
  name: 'organization-logo',
  keyTemplate: 'media/organization-logos/{organizationId}/logo.png',
  accepts: ['.png'],
  variants: {
    [THUMBNAIL]: { keyTemplate: 'media/organization-logos/{organizationId}/logo_thumbnail.png', accepts: ['.png'] },
  },
});

export const PICTURE_KINDS: readonly FileKind[] = [userAvatar, stakeholderAvatar, organizationLogo];
