import { REGION } from './aws.ts';

const DEFAULT_BUCKET = 'contact-lookups-local';

/**
 * The event with which S3 invokes a function for a new object:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html with the fields of
 * test/events/s3.json. It has no room for a message, which only a mapping can make of it.
 * @param message `{ "key": "…", "bucket"?: "…", "size"?: 1 }`
 * @throws Error for any other message
 */
export function s3Event(message: unknown) {
  const { key, bucket = DEFAULT_BUCKET, size = 0 } = (message ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof key !== 'string' || typeof bucket !== 'string') {
    throw new Error(
      's3: each message names an object: { "key": "…", "bucket"?: "…" }; EVENT_MAPPING makes a request of it',
    );
  }
  const now = new Date();
  return {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: REGION,
        eventTime: now.toISOString(),
        eventName: 'ObjectCreated:Put',
        userIdentity: { principalId: 'AWS:AROALOCALUPLOADER0001:send' },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: { 'x-amz-request-id': '0000000000000000', 'x-amz-id-2': 'Y29udGFjdC1sb29rdXBz' },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'contact-lookups',
          bucket: { name: bucket, ownerIdentity: { principalId: 'A0LOCALOWNER01' }, arn: `arn:aws:s3:::${bucket}` },
          object: {
            // As a form encodes it, which is how S3 does it: the page above.
            key: new URLSearchParams({ key }).toString().slice(4).replaceAll('%2F', '/'),
            size,
            eTag: '00000000000000000000000000000000',
            sequencer: now.getTime().toString(16).toUpperCase().padStart(18, '0'),
          },
        },
      },
    ],
  };
}
