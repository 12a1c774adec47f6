import { DomainError, errorCode } from '../errors/index.js';
import { InvalidKeyError, StoreFullError, StoreRefusedError, StoreUnavailableError } from '../object-storage/index.js';

/** Runs file-system work; what the system refuses comes out as what it means for a store, with the cause kept. */
export async function onDisk<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(operation, error);
  }
}

/** Whether a path is not there: neither the file nor, it may be, the folders above it. */
export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function diskError(operation: string, error: unknown): unknown {
  if (error instanceof DomainError || !isSystemError(error)) return error;
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new StoreFullError({ cause: error });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StoreRefusedError(operation, { cause: error });
    case 'ENAMETOOLONG':
      return new InvalidKeyError('makes a path that is too long for the file system of the local store');
    default:
      return new StoreUnavailableError(operation, { cause: error });
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && errorCode(error) !== undefined;
}
