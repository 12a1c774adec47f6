/** The direction of dependencies between modules, as docs/architecture.md draws it. Checked by `npm run lint`. */
const order = [
  ['config', 'errors'],
  ['http', 'metrics', 'sandbox'],
  ['embedded-postgres'],
  ['database', 's3'],
  ['object-storage'],
  ['content', 's3-store'],
  ['local-store'],
  ['storage'],
  ['cloudfront'],
  ['auth'],
  ['audit', 'idempotency', 'usage'],
  ['files'],
  ['intake', 'listing', 'availability'],
  ['links'],
  ['trash'],
  ['uploads', 'processing'],
  ['direct-uploads'],
  ['upload-tokens', 'uppy', 'tus', 'recordings', 'sessions', 'pictures', 'documents'],
  ['retention', 'operations'],
  ['cli'],
];

/** One rule a layer: nothing in it may import a module of a later layer. */
const layering = order.slice(0, -1).map((layer, index) => ({
  name: `layer-${layer.join('-')}-imports-nothing-above`,
  severity: 'error',
  from: { path: `^src/(${layer.join('|')})/` },
  to: {
    path: `^src/(${order
      .slice(index + 1)
      .flat()
      .join('|')})/`,
  },
}));

const core = order.flat().join('|');

export default {
  forbidden: [
    ...layering,
    {
      // A module that is not in the order is a feature that somebody has added: only app.module.ts knows it.
      name: 'core-knows-no-added-feature',
      severity: 'error',
      from: { path: `^src/(${core})/` },
      to: { path: '^src/[^/]+/', pathNot: `^src/(${core})/` },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'aws-sdk-only-in-adapters',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(s3|s3-store|cloudfront)/' },
      to: { path: '^node_modules/@aws-sdk/' },
    },
    {
      name: 'modules-meet-at-index',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/([^/]+)/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    },
    {
      name: 'examples-use-what-modules-offer',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^src/', pathNot: '^src/[^/]+/index\\.ts$' },
    },
    {
      name: 'nothing-needs-examples',
      severity: 'error',
      from: { path: '^(src|test)/' },
      to: { path: '^examples/' },
    },
    {
      name: 'no-own-index',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: 'index\\.ts$' },
      to: { path: '^src/$1/index\\.ts$' },
    },
    {
      name: 'no-own-index-in-examples',
      severity: 'error',
      from: { path: '^examples/([^/]+)/', pathNot: 'index\\.ts$' },
      to: { path: '^examples/$1/index\\.ts$' },
    },
    {
      name: 'services-know-no-http',
      severity: 'error',
      from: { path: '\\.service\\.ts$' },
      to: { path: '^node_modules/(@nestjs/swagger|express|@types/express)' },
    },
    {
      name: 'nothing-imports-app',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: '^src/cli/' },
      to: { path: '^src/(app|main)' },
    },
    {
      name: 'src-not-to-test',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^test/|\\.spec\\.ts$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
