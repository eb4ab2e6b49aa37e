import type { VendorDescription } from '../lib/vendor.ts';
import { huaweiAgentGateway } from '../lib/vendors/huawei-agent-gateway.ts';
import { huaweiCec } from '../lib/vendors/huawei-cec.ts';
import { huaweiIsdp } from '../lib/vendors/huawei-isdp.ts';
import { volcengineIm } from '../lib/vendors/volcengine-im.ts';

/** Every vendor by its name: for tools. A function imports its own vendor alone, to keep the others out of its bundle. */
export const vendors: Readonly<Record<string, VendorDescription>> = Object.fromEntries(
  [huaweiCec, huaweiIsdp, huaweiAgentGateway, volcengineIm].map((vendor) => [vendor.name, vendor as VendorDescription]),
);
