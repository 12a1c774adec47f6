import { formParameters } from './form-parameters.js';

describe('formParameters', () => {
  it.each([
    [{ type: 'audio' }, {}, { type: 'audio' }],
    [{}, { type: 'video' }, { type: 'video' }],
    [{ type: 'audio' }, { type: 'video' }, { type: 'audio' }],
    [{ type: '' }, { type: 'video' }, { type: 'video' }],
    [{ type: '' }, {}, {}],
    [{ link: '1' }, { other: 'x' }, {}],
    [{}, Object.create({ type: 'inherited' }) as Record<string, string>, {}],
  ])('makes of query %j and fields %j: %j', (query, fields, expected) => {
    expect(formParameters(['type'], { query, fields })).toEqual(expected);
  });
});
