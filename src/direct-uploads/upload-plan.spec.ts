import { assertChecksum, assertOneRequest, planParts, strategyFor } from './upload-plan.js';

const MEBIBYTE = 1024 ** 2;
const TEBIBYTE = 1024 ** 4;

describe('the plan of an upload', () => {
  it('is one request up to the threshold', () => {
    const config = { multipartThresholdBytes: 150 * MEBIBYTE };
    expect(strategyFor(1, config)).toBe('single');
    expect(strategyFor(150 * MEBIBYTE, config)).toBe('single');
    expect(strategyFor(150 * MEBIBYTE + 1, config)).toBe('multipart');
  });

  it.each([
    [1, 10, 10, 1],
    [10 * MEBIBYTE, 10, 10, 1],
    [10 * MEBIBYTE + 1, 10, 10, 2],
    [10_000 * 10 * MEBIBYTE, 10, 10, 10_000],
    [10_000 * 10 * MEBIBYTE + 1, 10, 11, 9091],
    [5 * TEBIBYTE, 10, 525, 9987],
  ])('cuts %d bytes, at %d MiB, into parts of %d MiB: %d', (sizeBytes, configured, expected, partCount) => {
    const plan = planParts(sizeBytes, { multipartPartSizeBytes: configured * MEBIBYTE });
    expect(plan).toEqual({ partSizeBytes: expected * MEBIBYTE, partCount });
  });

  it('keeps within what S3 takes, whatever the size', () => {
    for (let round = 0; round < 20_000; round += 1) {
      const sizeBytes = Math.ceil(2 ** (Math.random() * Math.log2(5 * TEBIBYTE)));
      const multipartPartSizeBytes = (5 + Math.floor(Math.random() * 508)) * MEBIBYTE;
      const { partSizeBytes, partCount } = planParts(sizeBytes, { multipartPartSizeBytes });
      const isSound =
        partCount >= 1 &&
        partCount <= 10_000 &&
        partSizeBytes >= multipartPartSizeBytes &&
        partSizeBytes <= 5 * 1024 * MEBIBYTE &&
        partSizeBytes * partCount >= sizeBytes &&
        partSizeBytes * (partCount - 1) < sizeBytes;
      if (!isSound) throw new Error(`${sizeBytes} at ${multipartPartSizeBytes}: ${partCount} of ${partSizeBytes}`);
    }
  });

  it('takes 5 GiB in one request at the most, as S3 does', () => {
    const most = 5 * 1024 * MEBIBYTE;
    for (const strategy of ['single', 'form'] as const) {
      expect(() => {
        assertOneRequest(most, strategy);
      }).not.toThrow();
      expect(() => {
        assertOneRequest(most + 1, strategy);
      }).toThrow(expect.objectContaining({ code: 'FILE_TOO_LARGE' }) as Error);
    }
    expect(() => {
      assertOneRequest(most + 1, 'multipart');
    }).not.toThrow();
  });

  it.each([
    ['single', 'SHA256', 32],
    ['form', 'SHA256', 32],
    ['relay', 'SHA256', 32],
    ['multipart', 'CRC32', 4],
    ['multipart', 'CRC64NVME', 8],
  ] as const)('of the strategy %s may be checked by %s', (strategy, algorithm, bytes) => {
    const value = Buffer.alloc(bytes, 251).toString('base64');
    expect(() => {
      assertChecksum({ algorithm, value }, strategy);
    }).not.toThrow();
    const wrong = [
      '',
      Buffer.alloc(bytes - 1, 251).toString('base64'),
      Buffer.alloc(bytes + 1, 251).toString('base64'),
      Buffer.alloc(bytes, 251).toString('hex'),
      ` ${value}`,
      `${value}=`,
      value.replaceAll('+', '-'),
      value.replaceAll('=', ''),
    ].filter((text) => text !== value);
    for (const text of wrong)
      expect(() => {
        assertChecksum({ algorithm, value: text }, strategy);
      }).toThrow(expect.objectContaining({ code: 'INVALID_CHECKSUM' }) as Error);
  });

  it.each([
    ['single', 'CRC32'],
    ['single', 'CRC64NVME'],
    ['multipart', 'SHA256'],
    ['multipart', 'crc32'],
    ['relay', 'MD5'],
    ['form', 'toString'],
  ] as const)('of the strategy %s may not be checked by %s', (strategy, algorithm) => {
    expect(() => {
      assertChecksum({ algorithm, value: '' }, strategy);
    }).toThrow(expect.objectContaining({ code: 'CHECKSUM_UNSUPPORTED' }) as Error);
  });
});
