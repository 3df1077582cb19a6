/** The event that s3rver emits for a request that changed an object. */
export interface FromS3rver {
  Records: {
    eventTime: string;
    eventName: string;
    s3: { bucket: { name: string }; object: { key: string; size?: number; eTag?: string; sequencer: string } };
  }[];
}

/** An S3 event notification; only the fields that anamo reads. */
export interface S3Notification {
  Records: { eventName: string; s3: { bucket: { name: string }; object: { key: string } } }[];
}

/** Event names that S3 and s3rver spell differently. */
const EVENT_NAMES: Readonly<Record<string, string>> = { "ObjectCreated:Post": "ObjectCreated:CompleteMultipartUpload" };

let sequence = 0;

/** The event notification that S3 would send. s3rver's has unencoded keys, an older version and no real ARN. */
export function toNotification(event: FromS3rver): S3Notification {
  return {
    Records: event.Records.map(({ eventTime, eventName, s3 }) => ({
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: "us-east-1",
      eventTime,
      eventName: EVENT_NAMES[eventName] ?? eventName,
      userIdentity: { principalId: "AWS:LOCAL" },
      requestParameters: { sourceIPAddress: "127.0.0.1" },
      responseElements: { "x-amz-request-id": "LOCAL", "x-amz-id-2": "LOCAL" },
      s3: {
        s3SchemaVersion: "1.0",
        configurationId: "anamo-local",
        bucket: {
          name: s3.bucket.name,
          ownerIdentity: { principalId: "LOCAL" },
          arn: `arn:aws:s3:::${s3.bucket.name}`,
        },
        object: { ...s3.object, key: encodeKey(s3.object.key), sequencer: nextSequencer() },
      },
    })),
  };
}

/** Encodes a key as S3 does in an event: like a form field, except that slashes stay. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replace(/%2F/g, "/").replace(/%20/g, "+");
}

/** Increases with every event, so that the events for one key can be put in order. */
function nextSequencer(): string {
  sequence += 1;
  return `${Date.now().toString(16)}${sequence.toString(16).padStart(6, "0")}`.toUpperCase();
}
