/** The embedded database cannot be used; the message says why, and what to do about it. */
export class EmbeddedPostgresError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Another service runs on the same data directory: an embedded database serves one. */
export class DataDirInUseError extends EmbeddedPostgresError {
  constructor(dataDir: string, pid: number | undefined) {
    const holder = pid === undefined ? 'another process' : `process ${pid}`;
    super(
      `DATA_DIR ${dataDir} is in use by ${holder}. ` +
        'Stop it, give this one a DATA_DIR of its own, or set DATABASE_URL to run several on one PostgreSQL.',
    );
  }
}
