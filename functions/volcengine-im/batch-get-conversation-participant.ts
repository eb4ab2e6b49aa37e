import * as z from 'zod/mini';
import { createHandler } from '../../lib/handler.ts';
import { isJsonObject } from '../../lib/http/body.ts';
import { stringifyJson } from '../../lib/json/int64.ts';
import { defineLookup } from '../../lib/lookup.ts';
import { found, unreadable } from '../../lib/pipeline/verdict.ts';
import { invalidInput } from '../../lib/problem.ts';
import { int64Id, intId } from '../../lib/schema/input.ts';
import { labelled } from '../../lib/schema/labels.ts';
import { rows } from '../../lib/schema/rows.ts';
import { freeText, int, int64, intCode, long, text } from '../../lib/schema/wire.ts';
import { volcengineIm } from '../../lib/vendors/volcengine-im.ts';

const ROLES = { 0: 'ordinary member', 1: 'owner', 2: 'administrator' };
const STATUSES = { 0: 'normal', 1: 'left' };

/** Wire types: service/im/model.go of https://github.com/volcengine/volc-sdk-golang, since the page says "Int" for all. */
const participant = labelled(
  {
    ConversationShortId: z.nullish(int64()),
    ParticipantUserId: z.nullish(int64()),
    Operator: z.nullish(int64()),
    Role: z.nullish(intCode()),
    Status: z.nullish(intCode()),
    Level: z.nullish(int()),
    /** Unix seconds; 0 where not muted. */
    BlockTime: z.nullish(long()),
    /** Unix seconds. */
    CreateTime: z.nullish(long()),
    NickName: z.nullish(text()),
    /** A map of texts that the application fills as it likes. */
    Ext: z.nullish(freeText()),
    /** In the structure of https://www.volcengine.com/docs/6348/192711 only. */
    AvatarUrl: z.nullish(text()),
  },
  { Role: ROLES, Status: STATUSES },
);

/** Members of a conversation, by their user ids. https://www.volcengine.com/docs/6348/336992 */
export const batchGetConversationParticipant = defineLookup({
  name: 'batchGetConversationParticipant',
  vendor: volcengineIm,
  repeatable: true,
  input: z.strictObject({
    AppId: z.optional(intId(1, 2_147_483_647)),
    ConversationShortId: int64Id(),
    /** The vendor documents no maximum. */
    ParticipantUserIds: z.array(int64Id()).check(z.minLength(1)),
  }),
  output: z.object({
    // Filled on success by the page; null is read as nobody.
    Participants: z.pipe(
      z.transform((participants: unknown): unknown => participants ?? []),
      rows(participant, { essential: true }),
    ),
  }),
  question: ({ AppId, ConversationShortId, ParticipantUserIds }) => {
    if (AppId === undefined) {
      throw invalidInput([{ pointer: '/AppId', detail: 'is required: this vendor account has none of its own' }]);
    }
    return {
      method: 'POST',
      path: '/?Action=BatchGetConversationParticipant&Version=2020-12-01',
      body: stringifyJson({ AppId, ConversationShortId, ParticipantUserIds }),
    };
  },
  read: (result, answer) => {
    if (result === null || result === undefined) return found({});
    return isJsonObject(result) ? found(result) : unreadable(answer, { name: volcengineIm.name });
  },
});

export const handler = createHandler(batchGetConversationParticipant);
