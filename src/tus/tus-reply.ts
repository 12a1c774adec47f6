import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TusReply } from './tus-protocol.js';

/** What every answer says, errors included. */
export function markAsTus(response: ServerResponse): void {
  response.setHeader('Tus-Resumable', '1.0.0');
  response.setHeader('Tus-Version', '1.0.0');
}

/** Writes an answer. A request whose body was not wanted to its end is the last one of its connection. */
export function sendReply(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  { status, headers }: TusReply,
): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (!request.complete) {
    response.setHeader('Connection', 'close');
    request.resume();
  }
  response.end();
}
