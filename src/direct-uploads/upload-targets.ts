import { Injectable, SetMetadata, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { ClassConstructor } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';
import type { Actor } from '../auth/index.js';
import { checkQuery } from '../http/index.js';
import { FileKinds, type FileKind } from '../storage/index.js';
import type { FormTarget } from '../uploads/index.js';
import { KindNotDirectError } from './direct-uploads.errors.js';

/** Where a file sent straight to the store goes; may refuse by throwing. */
export type UploadTargetMethod<T> = (parameters: T, actor: Actor) => Omit<FormTarget, 'kind'>;

/** A target with its kind, for the names of its parameters and their values. */
export type ResolvedTarget = Omit<FormTarget, 'kind'> & { readonly kind: FileKind };

interface TargetMark {
  readonly kind: string;
  readonly parameters: ClassConstructor<object>;
}

const UPLOAD_TARGET = 'direct-uploads:target';

/**
 * Marks a provider's method that says where uploads of this kind go: files of the kind can then be sent straight to the store.
 * `parameters` is the DTO of what the sender has to say besides name and size.
 */
export const UploadTarget = (kind: FileKind, parameters: ClassConstructor<object>) =>
  SetMetadata<string, TargetMark>(UPLOAD_TARGET, { kind: kind.name, parameters });

/** Finds the targets of all modules, so that this one need not know them. */
@Injectable()
export class UploadTargets implements OnModuleInit {
  private readonly targets = new Map<string, TargetMark & { readonly resolve: UploadTargetMethod<unknown> }>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly kinds: FileKinds,
  ) {}

  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders()) {
      if (typeof instance !== 'object' || instance === null) continue;
      const provider = instance as Record<string, unknown>;
      for (const name of this.scanner.getAllMethodNames(Object.getPrototypeOf(provider) as object)) {
        const method = provider[name];
        if (typeof method !== 'function') continue;
        const mark = this.reflector.get<TargetMark | undefined>(UPLOAD_TARGET, method);
        if (mark === undefined) continue;
        if (this.targets.has(mark.kind)) throw new Error(`Two upload targets are for the kind ${mark.kind}`);
        this.targets.set(mark.kind, { ...mark, resolve: (method as UploadTargetMethod<unknown>).bind(provider) });
      }
    }
  }

  /** The kinds of which files can be sent straight to the store. */
  get kindNames(): readonly string[] {
    return [...this.targets.keys()].sort();
  }

  /** What a sender may say of files of this kind. Throws `UnknownFileKindError`, `KindNotDirectError`. */
  parameterNames(kindName: string): readonly string[] {
    this.kinds.get(kindName);
    const rules = getMetadataStorage().getTargetValidationMetadatas(this.get(kindName).parameters, '', true, false);
    return [...new Set(rules.map(({ propertyName }) => propertyName))];
  }

  /** Throws `UnknownFileKindError`, `KindNotDirectError`, or what is wrong with the parameters. */
  async resolve(
    kindName: string,
    parameters: Readonly<Record<string, unknown>>,
    actor: Actor,
  ): Promise<ResolvedTarget> {
    const kind = this.kinds.get(kindName);
    const target = this.get(kindName);
    return { kind, ...target.resolve(await checkQuery(target.parameters, texts(parameters)), actor) };
  }

  private get(kindName: string) {
    const target = this.targets.get(kindName);
    if (target === undefined) throw new KindNotDirectError(kindName, this.kindNames);
    return target;
  }
}

/** Ids that are numbers in the sender's JSON are as good as text: in a form or a query they would be. */
function texts(parameters: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, Number.isSafeInteger(value) ? String(value) : value]),
  );
}
