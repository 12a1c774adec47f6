import type { Request, Response } from 'express';

/** A request whose body is a form, and the way to answer before it was read. */
export interface FormExchange {
  readonly request: Request;
  readonly response: Response;
}
