import type { Room } from '../pipeline/room.ts';

/** The most that a service takes of an answer. */
export type AnswerLimit = Pick<Room, 'bytes' | 'limit'>;

/**
 * Of the JSON that a function returns. Lambda itself says 6,291,556 bytes where more is refused
 * (https://github.com/DataBiosphere/azul/issues/7466), its page 6 MB
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
 */
export const LAMBDA: AnswerLimit = { bytes: 6 * 1024 * 1024, limit: 'the 6 MiB that a function may return' };

/**
 * Of the same JSON, where a load balancer invokes the function. The page says 1 MB, and not which one; the smaller is safe:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
 */
export const LOAD_BALANCER: AnswerLimit = { bytes: 1_000_000, limit: 'the 1 MB that a load balancer takes' };
