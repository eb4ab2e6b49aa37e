import { createKeeperHandler } from '../../lib/vendors/huawei-agent-gateway/keeper/handler.ts';

/** Keeps agents signed in while nobody asks. It is started every minute, and each run hands over to the next. */
export const handler = createKeeperHandler();
