/** The keys of the local Secrets Manager in tests; `npm start` makes new ones each time. */
export const AWS_KEYS = { accessKeyId: 'local-access-key', secretAccessKey: 'local-secret-key' } as const;
