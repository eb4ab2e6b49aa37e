import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 15_000,
    // Some start a gateway or package the service first.
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      reporter: ['text', 'text-summary'],
      include: ['functions/**/*.ts', 'lib/**/*.ts', 'local/**/*.ts'],
    },
  },
});
