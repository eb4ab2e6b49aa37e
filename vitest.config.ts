import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 15_000,
    // A function's file starts the function, which needs the stage's setting.
    env: { ACCOUNT_ACCESS: '*' },
    // Some start a gateway or package the service first.
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      reporter: ['text', 'text-summary'],
      include: ['functions/**/*.ts', 'lib/**/*.ts', 'local/**/*.ts'],
    },
  },
});
