import 'reflect-metadata';
import { Expose } from 'class-transformer';
import { IsArray, IsBoolean, IsInt, IsOptional, Min } from 'class-validator';
import { Type } from 'class-transformer';
import { ToBoolean, ToExtensions, ToList } from './env-transforms.js';
import { fromEnv } from './from-env.js';

class Env {
  @Expose() @Type(() => Number) @IsInt({ message: 'COUNT must be a whole number' }) @Min(1) COUNT = 7;
  @Expose() @ToList() @IsArray() NAMES: string[] = [];
  @Expose() @ToExtensions() @IsArray() FORMATS: string[] = [];
  @Expose() @IsOptional() @ToBoolean() @IsBoolean({ message: 'FLAG must be true or false' }) FLAG?: boolean;
}

describe('fromEnv', () => {
  it('takes what is set and the defaults of what is not', () => {
    expect(fromEnv(Env, { NAMES: 'a, b  c', FORMATS: '.WAV mp3,Flac', FLAG: 'Yes', OTHER: 'x' })).toEqual({
      COUNT: 7,
      NAMES: ['a', 'b', 'c'],
      FORMATS: ['.wav', '.mp3', '.flac'],
      FLAG: true,
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(fromEnv(Env, { COUNT: ' ', FLAG: '' })).toMatchObject({ COUNT: 7 });
  });

  it('names every variable that cannot be used, in one error', () => {
    expect(() => fromEnv(Env, { COUNT: 'many', FLAG: 'maybe' })).toThrow(
      /COUNT must be a whole number[\s\S]*FLAG must be true or false/,
    );
  });
});
