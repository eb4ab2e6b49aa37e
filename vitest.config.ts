import { defineConfig } from 'vitest/config';

const LOOPBACK = 'localhost,127.0.0.1,::1';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/set-up.ts'],
    // Bounds for what hangs alone: no test may fail because the machine is busy.
    testTimeout: 300_000,
    // A function's file starts the function, which needs the stage's setting. All that tests reach is on this machine, whatever
    // proxies the environment names.
    env: { ACCOUNT_ACCESS: '*', NO_PROXY: LOOPBACK, no_proxy: LOOPBACK },
    // Some start a gateway or package the service first.
    hookTimeout: 300_000,
    coverage: {
      provider: 'v8',
      reporter: ['text', 'text-summary'],
      include: ['functions/**/*.ts', 'lib/**/*.ts', 'local/**/*.ts'],
    },
  },
});
