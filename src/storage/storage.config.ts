import { registerAs, type ConfigType } from '@nestjs/config';
import { Expose, Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';
import { fromEnv, InvalidEnvironmentError, ToExtensions } from '../config/index.js';
import { KNOWN_EXTENSIONS } from './file-formats.js';

export const StorageDriver = { S3: 's3', Local: 'local' } as const;
export type StorageDriver = (typeof StorageDriver)[keyof typeof StorageDriver];

const MEBIBYTE = 1024 * 1024;
/** S3 takes presigned URLs of at most seven days (AWS, "Sharing objects with presigned URLs"). */
const SEVEN_DAYS_SECONDS = 604_800;

class StorageEnv {
  @Expose()
  @IsOptional()
  @IsIn(Object.values(StorageDriver), { message: 'STORAGE_DRIVER must be s3 or local' })
  STORAGE_DRIVER?: StorageDriver;

  @Expose()
  @IsOptional()
  @Matches(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
    message: 'S3_BUCKET_NAME must be a bucket name (3 to 63 of a-z 0-9 . -)',
  })
  S3_BUCKET_NAME?: string;

  @Expose()
  @IsOptional()
  @IsString()
  @MinLength(32, { message: 'LINK_SIGNING_SECRET must have at least 32 characters' })
  @MaxLength(256, { message: 'LINK_SIGNING_SECRET must have at most 256 characters' })
  LINK_SIGNING_SECRET?: string;

  @Expose()
  @Type(() => Number)
  @IsInt({ message: 'LINK_MAX_SECONDS must be a whole number of seconds' })
  @Min(1, { message: 'LINK_MAX_SECONDS must be at least 1' })
  @Max(SEVEN_DAYS_SECONDS, { message: 'LINK_MAX_SECONDS must be at most 604800 (7 days)' })
  LINK_MAX_SECONDS = SEVEN_DAYS_SECONDS;

  @Expose()
  @Type(() => Number)
  @IsInt({ message: 'MULTIPART_THRESHOLD_MB must be a whole number' })
  @Min(5, { message: 'MULTIPART_THRESHOLD_MB must be at least 5' })
  @Max(5120, { message: 'MULTIPART_THRESHOLD_MB must be at most 5120: a single PUT takes 5 GiB' })
  MULTIPART_THRESHOLD_MB = 150;

  @Expose()
  @Type(() => Number)
  @IsInt({ message: 'MULTIPART_PART_SIZE_MB must be a whole number' })
  @Min(5, { message: 'MULTIPART_PART_SIZE_MB must be at least 5: S3 refuses smaller parts' })
  @Max(512, { message: 'MULTIPART_PART_SIZE_MB must be at most 512' })
  MULTIPART_PART_SIZE_MB = 10;

  @Expose()
  @Type(() => Number)
  @IsInt({ message: 'MAX_FILE_SIZE_MB must be a whole number' })
  @Min(1, { message: 'MAX_FILE_SIZE_MB must be at least 1' })
  MAX_FILE_SIZE_MB = 500;

  @Expose()
  @ToExtensions()
  @IsArray()
  @IsIn(KNOWN_EXTENSIONS, { each: true, message: `ALLOWED_AUDIO_FORMATS may hold ${KNOWN_EXTENSIONS.join(' ')}` })
  ALLOWED_AUDIO_FORMATS: string[] = ['.wav', '.mp3', '.m4a', '.flac', '.ogg', '.opus', '.webm'];

  @Expose()
  @ToExtensions()
  @IsArray()
  @IsIn(KNOWN_EXTENSIONS, { each: true, message: `ALLOWED_VIDEO_FORMATS may hold ${KNOWN_EXTENSIONS.join(' ')}` })
  ALLOWED_VIDEO_FORMATS: string[] = ['.mp4', '.webm', '.mov'];

  @Expose()
  @ToExtensions()
  @IsArray()
  @IsIn(KNOWN_EXTENSIONS, { each: true, message: `ALLOWED_DOCUMENT_FORMATS may hold ${KNOWN_EXTENSIONS.join(' ')}` })
  ALLOWED_DOCUMENT_FORMATS: string[] = ['.pdf', '.docx', '.txt', '.md'];

  @Expose()
  @ToExtensions()
  @IsArray()
  @IsIn(KNOWN_EXTENSIONS, { each: true, message: `ALLOWED_IMAGE_FORMATS may hold ${KNOWN_EXTENSIONS.join(' ')}` })
  ALLOWED_IMAGE_FORMATS: string[] = ['.jpg', '.jpeg', '.png', '.gif', '.webp'];
}

/** Where objects lie, how they travel, and what is taken. */
export const storageConfig = registerAs('storage', () => {
  const env = fromEnv(StorageEnv);
  if (env.STORAGE_DRIVER === StorageDriver.S3 && env.S3_BUCKET_NAME === undefined) {
    throw new InvalidEnvironmentError(['S3_BUCKET_NAME must be set when STORAGE_DRIVER is s3']);
  }
  return {
    driver: env.STORAGE_DRIVER ?? (env.S3_BUCKET_NAME === undefined ? StorageDriver.Local : StorageDriver.S3),
    /** The local store has a bucket name too, so that records look the same. */
    bucket: env.S3_BUCKET_NAME ?? 'local',
    linkSigningSecret: env.LINK_SIGNING_SECRET,
    linkMaxSeconds: env.LINK_MAX_SECONDS,
    multipartThresholdBytes: env.MULTIPART_THRESHOLD_MB * MEBIBYTE,
    multipartPartSizeBytes: env.MULTIPART_PART_SIZE_MB * MEBIBYTE,
    maxFileSizeBytes: env.MAX_FILE_SIZE_MB * MEBIBYTE,
    allowedExtensions: {
      audio: env.ALLOWED_AUDIO_FORMATS,
      video: env.ALLOWED_VIDEO_FORMATS,
      document: env.ALLOWED_DOCUMENT_FORMATS,
      image: env.ALLOWED_IMAGE_FORMATS,
    },
  };
});
export type StorageConfig = ConfigType<typeof storageConfig>;
