import tseslint from 'typescript-eslint';

/** Nobody but a `*.config.ts` reads the environment; the CLI and `main.ts` pass values on. */
const environmentOnlyInConfig = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Read the environment in a *.config.ts and inject the typed value.',
};

export default tseslint.config(
  // The last is compiled beside a client that a test generates, with a tsconfig.json of its own.
  { ignores: ['dist', 'node_modules', '.data', 'coverage', 'test/tmp', 'test/clients/typescript'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'examples/**/*.ts', 'mikro-orm.config.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'max-params': ['error', 6],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // DTOs are shapes: class-validator and OpenAPI read their decorators, and nobody asks for their prototype.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'examples/**/*.ts'],
    ignores: ['**/*.config.ts', 'src/config/**', '**/*.spec.ts'],
    rules: { 'no-restricted-syntax': ['error', environmentOnlyInConfig] },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-console': 'off',
    },
  },
);
