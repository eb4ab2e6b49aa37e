/**
 * The credentials of the function's role, for clients of the AWS SDK. Lambda puts them into the environment, and renews
 * them with the process.
 */
export async function readRoleCredentials() {
  return {
    accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    ...(process.env['AWS_SESSION_TOKEN'] && { sessionToken: process.env['AWS_SESSION_TOKEN'] }),
  };
}
