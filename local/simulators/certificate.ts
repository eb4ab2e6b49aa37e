import { generate } from 'selfsigned';

/** Certificates begin a day ago, so that a clock that runs a little behind does not refuse them. */
const DAY_MS = 86_400_000;

/**
 * A private certificate authority and a server certificate signed by it, as PEM. The certificate names the host
 * alone, never 127.0.0.1: a client that connects by address has to bring both the CA and the server name, as with
 * an agent gateway on a customer's premises.
 */
export async function createCertificates(
  commonName = 'agw.internal.example',
): Promise<{ ca: string; cert: string; key: string }> {
  const common = { keyType: 'ec', algorithm: 'sha256', notBeforeDate: new Date(Date.now() - DAY_MS) } as const;
  const authority = await generate([{ name: 'commonName', value: 'contact-lookups simulator CA' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: commonName }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: commonName }] },
    ],
  });
  return { ca: authority.cert, cert: server.cert, key: server.private };
}
