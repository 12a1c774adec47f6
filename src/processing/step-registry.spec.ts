import { inOrder, type RegisteredStep } from './step-registry.js';

function step(name: string, ...after: string[]): RegisteredStep {
  const handler = { run: () => Promise.resolve() };
  return {
    name,
    version: 1,
    handler,
    declaration: { name, after, accepts: { kinds: ['k'], contentTypes: ['audio/*'] } },
  };
}

describe('inOrder', () => {
  it('puts each step behind those it waits for', () => {
    const names = inOrder([step('c', 'b', 'a'), step('b', 'a'), step('a'), step('d')]).map(({ name }) => name);
    expect(names).toEqual(['a', 'b', 'c', 'd']);
  });

  it('refuses steps that wait for each other', () => {
    expect(() => inOrder([step('a', 'c'), step('b', 'a'), step('c', 'b')])).toThrow('a -> c -> b -> a');
  });

  it('refuses a step that waits for one which does not exist', () => {
    expect(() => inOrder([step('a', 'z')])).toThrow('The processing step a comes after z, which does not exist');
  });

  it('refuses two steps of one name', () => {
    expect(() => inOrder([step('a'), step('a')])).toThrow('Two processing steps are called a');
  });
});
