import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';

/** The time of day, injected so that tests need not wait. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}

/** New identifiers: UUIDv7 (RFC 9562), whose order is the order of their making. */
@Injectable()
export class Ids {
  next(): string {
    return v7();
  }
}
