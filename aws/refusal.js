/**
 * A parameter that cannot be deployed. Serverless prints the stack of an error, once for each variable that needs the
 * parameter; this one's stack is its sentence, and scripts/serverless.ts prints each sentence once.
 */
export class ParameterRefused extends Error {
  name = 'ParameterRefused';

  constructor(message) {
    super(message);
    this.stack = message;
  }
}
