import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { FileThaws } from '../availability/index.js';
import { Places } from '../files/index.js';
import { Idempotency } from '../idempotency/index.js';
import { UsageFold } from '../usage/index.js';

/** What else a sweep looks after. */
@Injectable()
export class FileUpkeep {
  constructor(
    private readonly em: EntityManager,
    private readonly places: Places,
    private readonly idempotency: Idempotency,
    private readonly usage: UsageFold,
    private readonly thaws: FileThaws,
  ) {}

  settlePlaces(): Promise<number> {
    return this.places.settle();
  }

  followThaws(): Promise<number> {
    return this.thaws.follow();
  }

  expireAnswers(): Promise<number> {
    return this.idempotency.expire(this.em.fork());
  }

  foldUsage(): Promise<number> {
    return this.usage.fold();
  }
}
