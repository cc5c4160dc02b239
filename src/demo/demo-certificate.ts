/** A key and a certificate for it, PEM. */
export interface DemoCertificate {
  readonly key: string;
  readonly cert: string;
}

/** Milliseconds. */
const lifetime = 7 * 86_400_000;

/** Makes a self-signed certificate on the spot, for 127.0.0.1 and localhost. Nothing is kept or trusted. */
export async function makeDemoCertificate(): Promise<DemoCertificate> {
  // Loaded only here: it brings a whole ASN.1 library that a gateway does not need.
  const { generate } = await import('selfsigned');
  const pems = await generate([{ name: 'commonName', value: 'floatgate demo' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + lifetime),
    extensions: [
      { name: 'basicConstraints', cA: false },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { key: pems.private, cert: pems.cert };
}
