import type { Transform } from 'node:stream';
import { type CreateDecoder, decodersOf } from './content-coding.ts';
import { UnusableBody } from './fault.ts';

/** Above this an answer is given up, with its codings or without: no documented answer comes near it. */
const MAX_ANSWER_BYTES = 5 * 1024 * 1024;

/** Takes a body as it comes. */
export interface BodyCollector {
  write(bytes: Buffer): void;
  end(): void;
  /** Ends what is still being decoded. */
  stop(): void;
}

interface Sink {
  write(bytes: Buffer): void;
  end(): void;
}

/**
 * Collects a body without its content codings.
 * @param settle called once, with the body or with why there is none; never after `stop`
 */
export function collectBody(
  contentEncoding: string | undefined,
  settle: (result: Buffer | UnusableBody) => void,
): BodyCollector {
  const decoders: Transform[] = [];
  let settled = false;

  const stop = () => {
    settled = true;
    for (const decoder of decoders) decoder.destroy();
  };
  const finish = (result: Buffer | UnusableBody) => {
    if (settled) return;
    stop();
    settle(result);
  };

  function bounded(sink: Sink): Sink {
    let length = 0;
    return {
      write: (bytes) => {
        length += bytes.length;
        if (length > MAX_ANSWER_BYTES) finish(new UnusableBody('too-large'));
        if (!settled) sink.write(bytes);
      },
      end: sink.end,
    };
  }

  function decoded(create: CreateDecoder, sink: Sink): Sink {
    let decoder: Transform | undefined;
    return {
      write: (bytes) => {
        if (!decoder) {
          decoder = create(bytes[0] ?? 0)
            .on('data', sink.write)
            .on('end', sink.end);
          decoder.on('error', (cause) => finish(new UnusableBody('undecodable', cause)));
          decoders.push(decoder);
        }
        decoder.write(bytes);
      },
      // An empty body has no coding.
      end: () => (decoder ? decoder.end() : sink.end()),
    };
  }

  const chunks: Buffer[] = [];
  const whole = bounded({ write: (bytes) => chunks.push(bytes), end: () => finish(Buffer.concat(chunks)) });
  if (contentEncoding === undefined) return { ...whole, stop };
  const create = decodersOf(contentEncoding);
  if (!create) finish(new UnusableBody('undecodable'));
  // The first decoder is the last one that is put before the sinks.
  return { ...(create ?? []).reduceRight((sink, decoder) => bounded(decoded(decoder, sink)), whole), stop };
}
