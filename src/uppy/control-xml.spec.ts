import { partsXml, readCompletion } from './control-xml.js';
import { MalformedXmlError } from './uppy.errors.js';

const completion = (...parts: readonly string[]): string =>
  `<?xml version="1.0"?><CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;

describe('readCompletion', () => {
  it.each([
    ['<Part><PartNumber>1</PartNumber><ETag>abc</ETag></Part>', 'abc'],
    ['<Part>\n  <ETag>"abc"</ETag>\n  <PartNumber> 1 </PartNumber>\n</Part>', '"abc"'],
    ['<Part><PartNumber>1</PartNumber><ETag>&quot;abc&#34;</ETag><ChecksumCRC32>x</ChecksumCRC32></Part>', '"abc"'],
  ])('reads %s', (part, etag) => {
    expect(readCompletion(completion(part))).toEqual([{ partNumber: 1, etag }]);
  });

  it.each([
    '',
    '<Part><PartNumber>1</PartNumber><ETag>abc</ETag></Part>',
    completion(),
    completion('<Part><PartNumber>1</PartNumber></Part>'),
    completion('<Part><PartNumber>x</PartNumber><ETag>abc</ETag></Part>'),
    completion('<Part><PartNumber>1</PartNumber><ETag>abc</ETag>'),
    completion('<Part><PartNumber>1</PartNumber><ETag>abc</ETag></Part>'.repeat(10_001)),
  ])('refuses %.60s', (xml) => {
    expect(() => readCompletion(xml)).toThrow(MalformedXmlError);
  });

  it('takes no longer over two megabytes of beginnings than over any others', () => {
    expect(() => readCompletion(completion('<Part>'.repeat(340_000)))).toThrow(MalformedXmlError);
    expect(() => readCompletion(completion(`<Part>${'<ETag>'.repeat(340_000)}`))).toThrow(MalformedXmlError);
  }, 3000);
});

describe('partsXml', () => {
  it('writes names and quotes so that they stay text', () => {
    const names = { bucket: 'b', key: 'a&b<c>.wav', uploadId: '2~x' };
    const xml = partsXml(names, [{ partNumber: 2, etag: 'abc', sizeBytes: 5 }]);
    expect(xml).toContain('<Key>a&amp;b&lt;c&gt;.wav</Key>');
    expect(xml).toContain('<Part><PartNumber>2</PartNumber><ETag>&quot;abc&quot;</ETag><Size>5</Size></Part>');
  });
});
