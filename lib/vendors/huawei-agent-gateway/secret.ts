import * as z from 'zod/mini';
import { address } from '../../http/address.ts';
import { intId } from '../../schema/input.ts';

/** Work numbers are 101 to 59999 in older pages and up to 999999 in current ones: the wider range is taken. */
export function workNumber() {
  return z.pipe(intId(101, 999_999), z.transform(String));
}

const server = {
  baseUrl: address(),
  /** Certificates (PEM) of the private authority that signs the gateway's. */
  ca: z.optional(z.string().check(z.includes('-----BEGIN CERTIFICATE-----'))),
  /** The name in the gateway's certificate, where it is reached by another. */
  servername: z.optional(z.string().check(z.minLength(1))),
};

/** Limits of the fields are those of the sign-in (cec_07_1202). */
const agent = z.strictObject({
  agentid: workNumber(),
  /** May be empty: the page's own sample is. */
  password: z.string().check(z.maxLength(32)),
  phonenum: z.string().check(z.minLength(1), z.maxLength(24)),
});

export const gatewaySecret = z.discriminatedUnion('session', [
  z.strictObject({ ...server, session: z.literal('caller') }),
  z.strictObject({
    ...server,
    session: z.literal('managed'),
    agents: z.array(agent).check(z.minLength(1)),
    /** Whether an agent that is signed in elsewhere is forced out there: it may be a person. */
    onConflict: z._default(z.enum(['fail', 'force']), 'fail'),
    /** Whether the agents stay signed in while nobody asks, where the stage has something that keeps them so. */
    keep: z._default(z.boolean(), true),
  }),
]);

export type GatewaySecret = z.output<typeof gatewaySecret>;
export type ManagedSecret = Extract<GatewaySecret, { session: 'managed' }>;
export type Agent = ManagedSecret['agents'][number];
