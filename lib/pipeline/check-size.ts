import type { MiddlewareObj } from '@middy/core';
import { Problem } from '../problem.ts';
import type { Invocation, LookupAnswer } from './invocation.ts';
import { fits } from './room.ts';

/**
 * Refuses an answer that the trigger's service would refuse. Otherwise the caller gets an error of the service, and the log
 * tells of a success. An answer that fits has its JSON text from here on, so that it is written once.
 */
export function checkSize(): MiddlewareObj<Invocation, LookupAnswer> {
  return {
    after: (request) => {
      const { room } = request.event.request;
      const json = JSON.stringify(request.response);
      if (!fits(json, room)) {
        const detail = `The result is larger than ${room.limit}. Ask for less at once, for example with a smaller pageSize or fewer ids.`;
        throw new Problem('result-too-large', detail);
      }
      request.response = { ...(request.response as LookupAnswer), json };
    },
  };
}
