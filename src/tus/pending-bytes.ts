/** Bytes that have come and are in the store in no form yet. */
export class PendingBytes {
  private chunks: Buffer[] = [];
  private size = 0;

  get length(): number {
    return this.size;
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  /** Takes the first `count` of them, or all. */
  take(count = this.size): Buffer {
    const all = Buffer.concat(this.chunks, this.size);
    const rest = all.subarray(count);
    this.chunks = rest.length > 0 ? [Buffer.from(rest)] : [];
    this.size = rest.length;
    return all.subarray(0, count);
  }

  /** The first `count` of them, left where they are. */
  peek(count: number): Buffer {
    const chunks: Buffer[] = [];
    let size = 0;
    for (const chunk of this.chunks) {
      if (size >= count) break;
      chunks.push(chunk);
      size += chunk.length;
    }
    return Buffer.concat(chunks, Math.min(size, count));
  }
}
