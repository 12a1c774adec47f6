import 'reflect-metadata';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GUARDS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { REQUIRED_SCOPES, UPLOAD_TOKENS } from '../../src/auth/index.js';
import { PUBLIC_ROUTE, RequireJson } from '../../src/http/index.js';

interface Route {
  readonly name: string;
  readonly scopes: readonly string[] | undefined;
  readonly open: boolean;
  readonly takesTokens: boolean;
  readonly takesJson: boolean;
  /** The statuses that its description declares. */
  readonly statuses: readonly string[];
}

type ControllerClass = new (...parameters: never[]) => object;

/** Where @nestjs/swagger keeps what it was told; it exports no name for it. */
const API_RESPONSE = 'swagger/apiResponse';
const SRC = fileURLToPath(new URL('../../src', import.meta.url));
/** What may be asked without a key, and why. */
const OPEN_ROUTES = [
  // The signature in the URL is the permission, as at the store in whose place they answer.
  'ControlController.abort',
  'ControlController.complete',
  'ControlController.create',
  'ControlController.parts',
  // Load balancers and orchestrators have no keys.
  'HealthController.live',
  'HealthController.ready',
  // The signature in the link is the permission.
  'LocalObjectsController.post',
  'LocalObjectsController.read',
  'LocalObjectsController.store',
  // A page's <img> has no key: the id of the revision in the URL is the permission.
  'PictureContentController.show',
  // What tus offers, for clients that have not shown a key yet: it says nothing of any upload.
  'TusController.options',
];

/** Whose routes a browser may use that has an upload token: none of them reads, lists or hands out a file. */
const TOKEN_CONTROLLERS = ['CompanionController', 'DirectUploadsController', 'SignController', 'TusController'];

async function routes(): Promise<Route[]> {
  const found: Route[] = [];
  for (const file of globSync('**/*.controller.ts', { cwd: SRC })) {
    const exported = (await import(`../../src/${file}`)) as Record<string, unknown>;
    for (const value of Object.values(exported)) {
      if (typeof value === 'function' && Reflect.hasMetadata(PATH_METADATA, value)) {
        found.push(...routesOf(value as ControllerClass));
      }
    }
  }
  return found;
}

function routesOf(controller: ControllerClass): Route[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const method = prototype[name];
    if (typeof method !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, method)) return [];
    const read = (key: string): unknown => Reflect.getMetadata(key, method) ?? Reflect.getMetadata(key, controller);
    return [
      {
        name: `${controller.name}.${name}`,
        scopes: read(REQUIRED_SCOPES) as readonly string[] | undefined,
        open: read(PUBLIC_ROUTE) === true,
        takesTokens: read(UPLOAD_TOKENS) === true,
        takesJson: [read(GUARDS_METADATA)].flat().includes(RequireJson),
        statuses: [method, controller].flatMap((described) =>
          Object.keys((Reflect.getMetadata(API_RESPONSE, described) as object | undefined) ?? {}),
        ),
      },
    ];
  });
}

describe('routes', () => {
  it('ask for a scope each, but those that are open on purpose', async () => {
    const all = await routes();
    expect(all.length).toBeGreaterThan(10);
    expect(
      all
        .filter((route) => route.open)
        .map((route) => route.name)
        .sort(),
    ).toEqual([...OPEN_ROUTES].sort());
    const unprotected = all.filter((route) => !route.open && (route.scopes ?? []).length === 0);
    expect(unprotected.map((route) => route.name)).toEqual([]);
  });

  it('declare what a body of JSON may be refused with', async () => {
    const silent = (await routes()).filter(
      ({ takesJson, statuses }) => takesJson && !['400', '413', '415'].every((status) => statuses.includes(status)),
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('let tokens for uploads in where uploads are, and nowhere else', async () => {
    const controllers = (await routes()).filter(({ takesTokens }) => takesTokens).map(({ name }) => name.split('.')[0]);
    expect([...new Set(controllers)].sort()).toEqual(TOKEN_CONTROLLERS);
  });
});
