import { generate } from 'selfsigned';

const DAY_MS = 86_400_000;
const day = (count: number) => new Date(Date.now() + count * DAY_MS);

type Key = { readonly keyType: 'ec' } | { readonly keyType: 'rsa'; readonly keySize?: number };

export interface ChainOptions {
  /** Of all certificates; the server's own may be weaker. */
  readonly key?: Key;
  readonly serverKey?: Key;
  readonly validFrom?: Date;
  readonly validTo?: Date;
  readonly algorithm?: 'sha1' | 'sha256';
  /** How many authorities may stand below the root, by what it says of itself. */
  readonly pathLength?: number;
  readonly intermediate?: boolean;
  readonly rootMaySign?: boolean;
  readonly purpose?: 'serverAuth' | 'clientAuth';
}

export interface Chain {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Of a server that shows weak keys too: OpenSSL would refuse to. */
  readonly ciphers: string;
}

/** A server's certificate for a name, and the private authority to trust for it: sound, or with a flaw. */
export async function createChain(name: string, options: ChainOptions = {}): Promise<Chain> {
  const { key = { keyType: 'ec' }, serverKey = key, algorithm = 'sha256', purpose = 'serverAuth' } = options;
  const { pathLength, rootMaySign = true } = options;
  const common = { algorithm, notBeforeDate: day(-5), notAfterDate: day(5) };
  const authority = (extra: object = {}) => [
    { name: 'basicConstraints' as const, cA: true, critical: true, ...extra },
    { name: 'keyUsage' as const, keyCertSign: rootMaySign, cRLSign: true, critical: true },
  ];
  const root = await generate([{ name: 'commonName', value: 'root' }], {
    ...common,
    ...key,
    extensions: authority(pathLength === undefined ? {} : { pathLenConstraint: pathLength }),
  });
  const intermediate = options.intermediate
    ? await generate([{ name: 'commonName', value: 'intermediate' }], {
        ...common,
        ...key,
        ca: { key: root.private, cert: root.cert },
        extensions: authority(),
      })
    : undefined;
  const issuer = intermediate ?? root;
  const server = await generate([{ name: 'commonName', value: name }], {
    ...common,
    ...serverKey,
    notBeforeDate: options.validFrom ?? common.notBeforeDate,
    notAfterDate: options.validTo ?? common.notAfterDate,
    ca: { key: issuer.private, cert: issuer.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', [purpose]: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
  });
  const cert = [server, ...(intermediate ? [intermediate] : [])].map((each) => each.cert).join('\n');
  return { ca: root.cert, cert, key: server.private, ciphers: 'DEFAULT@SECLEVEL=0' };
}

export { day };
