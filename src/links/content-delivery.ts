import type { Response } from 'express';
import { sendContent } from '../content/index.js';
import type { Delivery } from './file-content.js';

/** Answers with the bytes, or with where they are. A link is for this one reader and ends soon: nobody keeps it. */
export async function sendDelivery(response: Response, delivery: Delivery): Promise<void> {
  switch (delivery.kind) {
    case 'redirect':
      response.status(302).set({ Location: delivery.url, 'Cache-Control': 'no-store' }).end();
      return;
    case 'content':
      await sendContent(response, delivery.content);
      return;
    default:
      delivery satisfies never;
  }
}
