import { getUserInfoByCallId } from '../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { type CecChat, huaweiCec } from '../../local/simulators/huawei-cec.ts';
import { cecSecret } from './accounts.ts';
import { type MessageWorld, resultsOn, startMessageWorld } from './messages.ts';
import type { WorldOptions } from './world.ts';

/* Numbered chats at Huawei CEC, and messages that ask for them: which of them was asked for when tells the order. */

const CHATS = 60;
const USER = { userId: '1652268429538866153', tenantId: '202205116084' };

/** What asks for the user of a chat. Chats are numbered from 1. */
export const inputOf = (chat: number) => ({ callId: `1700000000-${chat}`, ...USER });
/** The correlation id is `order-<chat>`. */
export const messageOf = (chat: number) => ({ input: inputOf(chat), correlationId: `order-${chat}` });

export interface ChatWorld extends MessageWorld {
  /** Chats that CEC answers 503 for. */
  readonly down: Set<number>;
  /** Those asked for, in their order. */
  readonly asked: number[];
  /** Called when CEC is asked for a chat: its answer comes no sooner than this is done. */
  onAsk(listener: (chat: number) => unknown): void;
}

export async function startChats(options: Partial<WorldOptions> = {}): Promise<ChatWorld> {
  const down = new Set<number>();
  const asked: number[] = [];
  let listener: (chat: number) => unknown = () => undefined;
  const world = await startMessageWorld({
    lookup: getUserInfoByCallId,
    simulation: (clock) => {
      const cec = huaweiCec(clock, { chats: Array.from({ length: CHATS }, (_, index) => chat(index + 1)) });
      return {
        ...cec,
        answer: async (request, vendorCase) => {
          if (!request.path.endsWith('getUserInfoBycallId')) return cec.answer(request, vendorCase);
          const number = Number(/1700000000-(\d+)/.exec(request.body.toString())?.[1]);
          asked.push(number);
          await listener(number);
          return down.has(number) ? { status: 503 } : cec.answer(request, vendorCase);
        },
      };
    },
    secret: cecSecret,
    ...options,
  });
  return {
    ...world,
    down,
    asked,
    onAsk: (next) => {
      listener = next;
    },
  };
}

/** Of each result on the bus, in its order: the nickname or the problem's code, with the correlation id. */
export function told({ bus }: MessageWorld): string[] {
  return resultsOn(bus).map(({ type, detail }) => {
    const { correlationId, data, problem } = detail as {
      correlationId?: string;
      data?: { userNickname: string };
      problem?: { code: string };
    };
    const what = type === 'Lookup Succeeded' ? data?.userNickname : problem?.code;
    return correlationId === undefined ? `${what}` : `${correlationId}: ${what}`;
  });
}

/** What results of these chats are `told` as. */
export const answersTo = (...chats: readonly number[]) => chats.map((each) => `order-${each}: Visitor ${each}`);

function chat(number: number): CecChat {
  const { callId, ...user } = inputOf(number);
  return { callId, ...user, user: { userNickname: `Visitor ${number}`, userId: user.userId } };
}
