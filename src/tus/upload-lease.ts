/** The right to write one upload, as long as nobody has taken it over. */
export class UploadLease {
  /**
   * Whether the store may still be at a part that no row knows: its number is then never used again, as what comes late would
   * replace the part.
   */
  isNumberInDoubt = false;

  private tails = 0;

  constructor(
    readonly uploadId: string,
    /** Counts the holders: a row changes only for the last one. */
    readonly token: number,
    private readonly onRequested: () => void,
  ) {}

  /** A name that no other holder, and this one not again, gives to what it puts beside the parts. */
  nextTailName(): string {
    this.tails += 1;
    return `tail-${this.token}-${this.tails}`;
  }

  /** Somebody else wants it, or has it. */
  requestRelease(): void {
    this.onRequested();
  }
}
