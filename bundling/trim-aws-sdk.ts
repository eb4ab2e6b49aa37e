import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/**
 * Leaves out of the AWS SDK what a Lambda function never runs. Its credentials are in the environment, and the
 * client is given a function that reads them; the SDK's own search through profiles, single sign-on, STS and
 * instance metadata is more code than the rest of the client. It is given an HTTP handler too
 * (lib/credentials/sdk-http.ts), instead of the SDK's own with its HTTP stack.
 */
export function trimAwsSdk(): Plugin {
  return {
    name: 'trim-aws-sdk',
    setup(build) {
      build.onResolve(
        {
          filter:
            /^(@aws-sdk\/(credential-provider-node|middleware-endpoint-discovery)|@smithy\/(credential-provider-imds|core\/event-streams|node-http-handler))$/,
        },
        ({ path }) => ({ path, namespace: 'trim-aws-sdk' }),
      );

      build.onLoad({ filter: /.*/, namespace: 'trim-aws-sdk' }, ({ path }) => ({
        contents: STAND_INS[path] ?? thrown(path),
      }));

      // Of what `import()` takes whole nothing can be dropped: the index of a client brings each of its commands.
      build.onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[\w-]+[\\/]dist-es[\\/]index\.js$/ }, ({ path }) => {
        const client = /client-[\w-]+/.exec(path.replace(/^.*@aws-sdk/, ''))?.[0] ?? '';
        const names = USED[client];
        if (!names) throw new Error(`bundling/trim-aws-sdk.ts: name what is used of @aws-sdk/${client}`);
        const from = (name: string) => (name.endsWith('Command') ? `./commands/${name}` : `./${name}`);
        return { contents: names.map((name) => `export { ${name} } from '${from(name)}';`).join('\n') };
      });

      // The client reads its own version from here, for the user agent, and would bring the whole file.
      build.onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[\w-]+[\\/]package\.json$/ }, ({ path }) => ({
        contents: JSON.stringify({ version: JSON.parse(readFileSync(path, 'utf8')).version }),
        loader: 'json',
      }));
    },
  };
}

/** What lib/ uses of each client: a bundle has nothing else of it. */
export const USED: Readonly<Record<string, readonly string[]>> = {
  'client-dynamodb': ['DynamoDBClient', 'GetItemCommand', 'QueryCommand', 'UpdateItemCommand'],
  'client-eventbridge': ['EventBridgeClient', 'PutEventsCommand'],
  'client-secrets-manager': ['SecretsManagerClient', 'GetSecretValueCommand'],
  'client-sqs': ['ChangeMessageVisibilityBatchCommand', 'SQSClient'],
};

/** What every client imports, and what it does without the setting that these would replace. */
const STAND_INS: Readonly<Record<string, string>> = {
  '@aws-sdk/credential-provider-node': `export const defaultProvider = () => { ${thrown('the search for credentials: give the client some')} };`,
  '@smithy/node-http-handler': `
    export const NodeHttpHandler = {
      create: (handler) => {
        if (typeof handler?.handle === 'function') return handler;
        ${thrown('the HTTP handler of the SDK: give the client one')}
      },
    };
    export const streamCollector = () => { ${thrown('streams: answers come as bytes')} };`,
  // The DynamoDB client prepares for it, with a cache of endpoints, but none of its commands discovers an endpoint.
  '@aws-sdk/middleware-endpoint-discovery': `
    export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {};
    export const resolveEndpointDiscoveryConfig = (config) => config;`,
};

function thrown(what: string): string {
  return `throw new Error(${JSON.stringify(`bundling/trim-aws-sdk.ts leaves out ${what}`)});`;
}
