import { Injectable, SetMetadata, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { ClassConstructor } from 'class-transformer';
import { getMetadataStorage, ValidationTypes } from 'class-validator';
import type { Actor } from '../auth/index.js';
import { checkPart, checkQuery } from '../http/index.js';
import { FileKinds, type FileKind } from '../storage/index.js';
import type { FormTarget } from '../uploads/index.js';
import { KindNotDirectError } from './direct-uploads.errors.js';

/** Where a file sent straight to the store goes; may refuse by throwing. */
export type UploadTargetMethod<T> = (parameters: T, actor: Actor) => Omit<FormTarget, 'kind'>;

/** A target with its kind, for the names of its parameters and their values. */
export type ResolvedTarget = Omit<FormTarget, 'kind'> & { readonly kind: FileKind };

/** What is known of the uploads of a kind before one is begun. */
export interface UploadTargetOptions {
  /** The DTO of what the sender has to say besides name and size. */
  readonly parameters: ClassConstructor<object>;
  /** What the log calls it when such a file was stored: `..._UPLOADED`. */
  readonly event: string;
}

/** A parameter that uploads of a kind have. */
export interface TargetParameter {
  readonly name: string;
  readonly required: boolean;
}

interface TargetMark extends UploadTargetOptions {
  readonly kind: string;
}

const UPLOAD_TARGET = 'direct-uploads:target';

/**
 * Marks a provider's method that says where uploads of this kind go: files of the kind can then be sent straight to the store.
 */
export const UploadTarget = (kind: FileKind, options: UploadTargetOptions) =>
  SetMetadata<string, TargetMark>(UPLOAD_TARGET, { kind: kind.name, ...options });

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

  /** What uploads of a kind are asked besides name and size. */
  parametersOf(kindName: string): readonly TargetParameter[] {
    const { parameters } = this.target(kindName);
    const asked = getMetadataStorage().getTargetValidationMetadatas(parameters, '', false, false);
    const names = [...new Set(asked.map(({ propertyName }) => propertyName))];
    const given = new parameters() as Readonly<Record<string, unknown>>;
    const isOptional = (name: string): boolean =>
      given[name] !== undefined ||
      asked.some(({ propertyName, type }) => propertyName === name && type === ValidationTypes.CONDITIONAL_VALIDATION);
    return names.map((name) => ({ name, required: !isOptional(name) }));
  }

  /** The names of what a sender may say of files of this kind. Throws `UnknownFileKindError`, `KindNotDirectError`. */
  parameterNames(kindName: string): readonly string[] {
    this.kinds.get(kindName);
    return this.parametersOf(kindName).map(({ name }) => name);
  }

  /** Throws what is wrong with a value that uploads of this kind are to have, whatever else they say. */
  async assertTakes(kindName: string, parameter: Readonly<Record<string, string>>): Promise<void> {
    await checkPart(this.target(kindName).parameters, parameter);
  }

  /** What the log calls it when a file of the kind was stored. */
  eventOf(kindName: string): string {
    return this.target(kindName).event;
  }

  /** Throws `UnknownFileKindError`, `KindNotDirectError`, or what is wrong with the parameters. */
  async resolve(
    kindName: string,
    parameters: Readonly<Record<string, unknown>>,
    actor: Actor,
  ): Promise<ResolvedTarget> {
    const kind = this.kinds.get(kindName);
    const target = this.target(kindName);
    return { kind, ...target.resolve(await checkQuery(target.parameters, texts(parameters)), actor) };
  }

  private target(kindName: string): TargetMark & { readonly resolve: UploadTargetMethod<unknown> } {
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
