import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const require = createRequire(import.meta.url);
const entry = fileURLToPath(new URL('undici-entry.js', import.meta.url));
const proxyEntry = fileURLToPath(new URL('undici-proxy-entry.js', import.meta.url));

/**
 * Replaces the index of undici by one with connections and requests only, and leaves out what those can load but
 * never do here. Sources and tests keep importing the typed `undici`; an import that the entry does not have fails
 * the build.
 */
export function trimUndici(): Plugin {
  return {
    name: 'trim-undici',
    setup(build) {
      build.onResolve({ filter: /^undici$/ }, ({ importer }) => ({
        path: importer.endsWith('proxied-route.ts') ? proxyEntry : entry,
      }));

      // undici's own flag, for the build that goes into Node.js: without its second, experimental HTTP parser.
      build.initialOptions.define = { ...build.initialOptions.define, esbuildDetection: 'true' };

      build.onResolve(
        { filter: /\/(client-h2|socks5-proxy-agent|llhttp-wasm|web\/.+)(\.js)?$/ },
        ({ path, importer }) => {
          if (!/[\\/]undici[\\/]lib[\\/]/.test(importer)) return undefined;
          return { path, namespace: 'trim-undici' };
        },
      );

      // Of two built-ins undici uses one word each, and both take longer to load than all of its own code that is left.
      build.onResolve({ filter: /^node:(assert|http)$/ }, ({ path, importer }) => {
        if (!/[\\/]undici[\\/]lib[\\/]/.test(importer)) return undefined;
        return { path, namespace: 'undici-built-in' };
      });
      build.onLoad({ filter: /.*/, namespace: 'undici-built-in' }, ({ path }) => ({ contents: BUILT_INS[path] ?? '' }));

      // Of the parser's many tables the client reads two.
      build.onLoad({ filter: /[\\/]undici[\\/]lib[\\/]llhttp[\\/]constants\.js$/ }, ({ path }) => {
        const { ERROR, TYPE } = require(path);
        return { contents: `exports.ERROR = ${JSON.stringify(ERROR)}; exports.TYPE = ${JSON.stringify(TYPE)};` };
      });

      // HTTP/2 is off for every connection (`allowH2: false`), and node:http2 alone takes long to load. A proxy that speaks
      // SOCKS is refused (lib/http/proxy-settings.ts). The others are required at first use, which never comes: web/ is
      // fetch and FormData, while bodies here are strings and buffers; the parser without SIMD is for processors that
      // Lambda does not have.
      build.onLoad({ filter: /.*/, namespace: 'trim-undici' }, ({ path }) => ({
        contents: /client-h2|socks5/.test(path) ? `module.exports = function () { ${thrown(path)} }` : thrown(path),
      }));
    },
  };
}

const BUILT_INS: Readonly<Record<string, string>> = {
  'node:assert': `
    module.exports = (value, message) => {
      if (!value) throw message instanceof Error ? message : new Error(message ?? 'undici: an assertion failed');
    };
    module.exports.strictEqual = (one, other, message) => module.exports(Object.is(one, other), message);
    module.exports.notStrictEqual = (one, other, message) => module.exports(!Object.is(one, other), message);
    module.exports.ok = module.exports;`,
  // The default limit of an answer's headers, and a class that no body here is of.
  'node:http': 'exports.maxHeaderSize = 16384; exports.IncomingMessage = class {};',
};

const thrown = (what: string) => `throw new Error(${JSON.stringify(`bundling/trim-undici.ts leaves out ${what}`)})`;
