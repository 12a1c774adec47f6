interface OutgoingRequest {
  readonly protocol: string;
  readonly headers: Record<string, string>;
}

type Handler<Args, Result> = (args: Args) => Promise<Result>;

/** Where in the SDK's stack these stand: behind the serializer, before the signature. */
export const HEADERS_OF_OURS = { step: 'build', name: 'headersOfOurs' } as const;

/**
 * Spares the SHA-256 of a body that carries a CRC-32 and goes through TLS: that hash is a quarter of what sending costs.
 * Over plain HTTP the payload stays signed, for there S3 demands it.
 */
export function leavePayloadUnsigned<Args extends { readonly request: unknown }, Result>(
  next: Handler<Args, Result>,
): Handler<Args, Result> {
  return (args) => {
    const { request } = args;
    if (isOutgoing(request) && request.protocol === 'https:') {
      request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
    }
    return next(args);
  };
}

/** Asks for an object's checksums. By the header, as the SDK's own option also wraps the body to verify them. */
export function askForChecksums<Args extends { readonly request: unknown }, Result>(
  next: Handler<Args, Result>,
): Handler<Args, Result> {
  return (args) => {
    if (isOutgoing(args.request)) args.request.headers['x-amz-checksum-mode'] = 'ENABLED';
    return next(args);
  };
}

function isOutgoing(request: unknown): request is OutgoingRequest {
  return typeof request === 'object' && request !== null && 'headers' in request && 'protocol' in request;
}
