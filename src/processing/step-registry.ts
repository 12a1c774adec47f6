import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { StoredFile } from '../files/index.js';
import { ProcessingStep, ProcessingStepHandler, type StepDeclaration } from './processing-step.js';

/** A step as found: its declaration and its code. */
export interface RegisteredStep {
  readonly name: string;
  readonly version: number;
  readonly declaration: StepDeclaration;
  readonly handler: ProcessingStepHandler;
}

/** Finds the steps of all modules and puts them in order. */
@Injectable()
export class StepRegistry implements OnModuleInit {
  private ordered: readonly RegisteredStep[] = [];

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    const found = this.discovery.getProviders({ metadataKey: ProcessingStep.KEY }).flatMap((wrapper) => {
      const declaration = this.discovery.getMetadataByDecorator(ProcessingStep, wrapper);
      if (declaration === undefined) return [];
      const handler: unknown = wrapper.instance;
      if (!(handler instanceof ProcessingStepHandler)) {
        throw new Error(`The step ${declaration.name} does not extend ProcessingStepHandler`);
      }
      return [{ name: declaration.name, version: declaration.version ?? 1, declaration, handler }];
    });
    this.ordered = inOrder(found);
  }

  /** The steps for a file, in the order in which they run. */
  for(file: Pick<StoredFile, 'kind' | 'contentType'>): readonly RegisteredStep[] {
    return this.ordered.filter(
      ({ declaration: { accepts } }) =>
        accepts.kinds.includes(file.kind) && accepts.contentTypes.some((pattern) => matches(pattern, file.contentType)),
    );
  }
}

function matches(pattern: string, contentType: string): boolean {
  return pattern.endsWith('/*') ? contentType.startsWith(pattern.slice(0, -1)) : pattern === contentType;
}

/** Each step behind those it names; throws for a name that is taken or missing, and for a cycle. */
export function inOrder(steps: readonly RegisteredStep[]): readonly RegisteredStep[] {
  const byName = new Map<string, RegisteredStep>();
  for (const step of steps) {
    if (byName.has(step.name)) throw new Error(`Two processing steps are called ${step.name}`);
    byName.set(step.name, step);
  }
  const ordered = new Set<RegisteredStep>();
  const visit = (step: RegisteredStep, path: readonly string[]): void => {
    if (ordered.has(step)) return;
    if (path.includes(step.name))
      throw new Error(`Processing steps wait for each other: ${[...path, step.name].join(' -> ')}`);
    for (const name of step.declaration.after ?? []) {
      const before = byName.get(name);
      if (before === undefined)
        throw new Error(`The processing step ${step.name} comes after ${name}, which does not exist`);
      visit(before, [...path, step.name]);
    }
    ordered.add(step);
  };
  for (const step of [...steps].sort((a, b) => (a.name < b.name ? -1 : 1))) visit(step, []);
  return [...ordered];
}
