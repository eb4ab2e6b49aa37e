import { bundleOptions } from './esbuild.ts';

/** The part of the Serverless object that is read here. */
interface Serverless {
  processedInput: { commands: string[] };
}

/** bundleOptions() in the words of the serverless-esbuild plugin, which chooses entry points and output itself. */
function options(serverless: Serverless) {
  const { entryPoints: _, outExtension, ...esbuild } = bundleOptions([]);
  const command = serverless.processedInput.commands[0] ?? 'package';
  return {
    ...esbuild,
    outputFileExtension: outExtension?.['.js'],
    outputWorkFolder: `.esbuild/${command}`,
    keepOutputDirectory: true,
  };
}

// The plugin loads this file with `require` and calls what it gets.
export { options as 'module.exports' };
