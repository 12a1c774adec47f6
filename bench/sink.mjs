/** Answers as S3 does to multipart uploads, and throws the bytes away. */
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const { searchParams, pathname } = new URL(request.url, 'http://sink');
  request.resume();
  request.on('end', () => {
    if (request.method === 'POST' && searchParams.has('uploads')) {
      response.end(`<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>`);
    } else if (request.method === 'POST') {
      response.end(
        `<CompleteMultipartUploadResult><Key>${pathname.slice(1)}</Key><ETag>"e-1"</ETag></CompleteMultipartUploadResult>`,
      );
    } else {
      response.setHeader('ETag', '"e"');
      response.end();
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  process.send({ port: server.address().port });
});
