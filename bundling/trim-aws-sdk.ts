import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/**
 * Leaves out of the AWS SDK what a Lambda function never runs. Its credentials are in the environment, and the
 * client is given a function that reads them; the SDK's own search through profiles, single sign-on, STS and
 * instance metadata is more code than the rest of the client.
 */
export function trimAwsSdk(): Plugin {
  return {
    name: 'trim-aws-sdk',
    setup(build) {
      build.onResolve(
        { filter: /^(@aws-sdk\/credential-provider-node|@smithy\/(credential-provider-imds|core\/event-streams))$/ },
        ({ path }) => ({ path, namespace: 'trim-aws-sdk' }),
      );

      // The first is imported by every client and called by one without credentials. The others are imported at
      // first use, which never comes.
      build.onLoad({ filter: /.*/, namespace: 'trim-aws-sdk' }, ({ path }) => ({
        contents: path.endsWith('credential-provider-node')
          ? `export const defaultProvider = () => { ${thrown(`${path}: give the client credentials`)} }`
          : thrown(path),
      }));

      // The client reads its own version from here, for the user agent, and would bring the whole file.
      build.onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[\w-]+[\\/]package\.json$/ }, ({ path }) => ({
        contents: JSON.stringify({ version: JSON.parse(readFileSync(path, 'utf8')).version }),
        loader: 'json',
      }));
    },
  };
}

const thrown = (what: string) => `throw new Error(${JSON.stringify(`bundling/trim-aws-sdk.ts leaves out ${what}`)})`;
