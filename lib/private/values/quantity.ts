const UNITS: { [unit: string]: number } = {
  '': 1, 'k': 1e3, 'M': 1e6, 'G': 1e9, 'T': 1e12, 'Ki': 2 ** 10, 'Mi': 2 ** 20, 'Gi': 2 ** 30, 'Ti': 2 ** 40,
};

/** Bytes of a Kubernetes quantity; `undefined` for what is none. */
export function bytesOf(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kMGT]|[KMGT]i)?$/.exec(quantity);
  return match ? Number(match[1]) * UNITS[match[2] ?? ''] : undefined;
}

/** Thousandths of a CPU of a Kubernetes quantity; `undefined` for what is none. */
export function millisOf(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(m)?$/.exec(quantity);
  return match ? Math.round(Number(match[1]) * (match[2] ? 1 : 1000)) : undefined;
}

/** Bytes of a size of nginx: `16m`, `1g`, `512k`, or a number of bytes; `undefined` for what is none. */
export function nginxBytesOf(size: string): number | undefined {
  const match = /^(\d+)([kmg])?$/i.exec(size);
  return match ? Number(match[1]) * { '': 1, 'k': 2 ** 10, 'm': 2 ** 20, 'g': 2 ** 30 }[(match[2] ?? '').toLowerCase() as '' | 'k' | 'm' | 'g'] : undefined;
}
