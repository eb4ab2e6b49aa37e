import { join } from 'node:path';
import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { describeAccess, listChanges } from './changes.js';

/**
 * Leaves lookups out of a deployment (custom.withoutLookups), bundles and zips the functions, and tells what a deployment
 * changes in triggers and authorization: against the deployed stack, or, where only packaging is asked for, against nothing.
 */
class ContactLookupsPlugin {
  constructor(serverless, _options, { log }) {
    this.serverless = serverless;
    this.log = log;
    this.hooks = {
      initialize: () => this.leaveOut(),
      'before:package:createDeploymentArtifacts': () => this.zipFunctions(),
      // `deploy function` packages by this alone.
      'before:package:function:package': () => this.zipFunctions(),
      'after:aws:package:finalize:mergeCustomProviderResources': () => this.tellChanges(),
    };
  }

  leaveOut() {
    const { service } = this.serverless;
    for (const name of service.custom.withoutLookups) delete service.functions[name];
  }

  async zipFunctions() {
    // Other commands need no bundler.
    const { writeArtifacts } = await import('./artifacts.js');
    const { service, serviceDir, classes } = this.serverless;
    const functions = service.getAllFunctions().map((name) => ({ name, handler: service.getFunction(name).handler }));
    try {
      const artifacts = await writeArtifacts(functions, join(serviceDir, '.serverless'));
      for (const [name, artifact] of Object.entries(artifacts)) service.getFunction(name).package = { artifact };
    } catch (error) {
      // Of an error of this class Serverless prints the message without a stack.
      throw new classes.Error(error.message);
    }
  }

  async tellChanges() {
    const { service, processedInput } = this.serverless;
    const isDeployment = processedInput.commands[0] === 'deploy';
    const deployed = isDeployment ? await this.readDeployed() : undefined;
    const changes = listChanges(
      describeAccess(deployed),
      describeAccess(service.provider.compiledCloudFormationTemplate),
    );
    const against = deployed ? 'against the deployed stack' : 'against no deployed stack';
    this.log.notice(`Triggers and authorization, ${against}:`);
    for (const change of changes.length > 0 ? changes : ['no change']) this.log.notice(`  ${change}`);
  }

  /** The template of the deployed stack; undefined where there is no such stack, or the deployer may not read it. */
  async readDeployed() {
    const provider = this.serverless.getProvider('aws');
    const request = { StackName: provider.naming.getStackName(), TemplateStage: 'Processed' };
    try {
      const client = new CloudFormationClient(await provider.getAwsSdkV3Config());
      const { TemplateBody } = await client.send(new GetTemplateCommand(request));
      return JSON.parse(TemplateBody);
    } catch (error) {
      this.log.warning(`The deployed stack cannot be read: ${error.message}`);
      return undefined;
    }
  }
}

// Serverless loads a plugin with `require` and takes what it gets for the class.
export { ContactLookupsPlugin as 'module.exports' };
