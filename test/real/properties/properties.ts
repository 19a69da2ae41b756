import { Agent, get, IncomingMessage } from 'node:http';
import fc, { Arbitrary } from 'fast-check';
import { Directive, parse, shapeOf, wordsOf } from './nginx-tokens';
import { authority } from '../support/certificates';
import { Nginx, NginxOptions, RELOCATED, ROOT } from '../support/nginx-process';

/** Strings for each position; CI asks for more. */
export const SAMPLES = Number(process.env.GATEHOUSE_FUZZ ?? 100);
/** As many share one configuration. */
const BATCH = 100;
/** Configurations of positions of which one configuration has one. */
const MOST_CONFIGURATIONS = Math.max(8, SAMPLES / 50);

/** The same samples at each run, until somebody asks for others. */
const SEED = Number(process.env.GATEHOUSE_FUZZ_SEED ?? 20260301);

/**
 * Runs a check of many strings at once. Where it fails it is run again with fewer, until those are left that make it fail;
 * shrinking by fast-check would start nginx thousands of times.
 */
export async function forAll(values: Arbitrary<string>, check: (values: string[]) => Promise<void>): Promise<void> {
  const samples = [...new Set(fc.sample(values, { seed: SEED, numRuns: SAMPLES }))];
  for (let i = 0; i < samples.length; i += BATCH) {
    const batch = samples.slice(i, i + BATCH);
    try {
      await check(batch);
    } catch (error) {
      const { left, reason } = await fewest(batch, error, check);
      const shown = left.slice(0, 3).map((value) => JSON.stringify(value).slice(0, 600)).join(' and ');
      throw new Error(`it fails with ${shown} (GATEHOUSE_FUZZ=${SAMPLES} GATEHOUSE_FUZZ_SEED=${SEED}):\n${String((reason as Error).stack).slice(0, 3000)}`);
    }
  }
}

async function fewest(values: string[], reason: unknown, check: (values: string[]) => Promise<void>): Promise<{ left: string[]; reason: unknown }> {
  const middle = Math.ceil(values.length / 2);
  for (const half of values.length > 1 ? [values.slice(0, middle), values.slice(middle)] : []) {
    try {
      await check(half);
    } catch (error) {
      return fewest(half, error, check);
    }
  }
  return { left: values, reason };
}

/** A site that positions put values into. */
export interface Site {
  /** All that is generated, manifests included; what throws here threw too late. */
  files(): Readonly<Record<string, string>>;
}

/** A position of the API that takes a string. */
export interface Position<S extends Site> {
  /** What may be named in an error, without what follows in brackets. */
  readonly props: readonly string[];
  readonly values: Arbitrary<string>;
  /** What must be there before, refused or not. */
  readonly prepare?: (site: S, index: number) => void;
  readonly put: (site: S, value: string, index: number) => void;
  /** What nobody refuses instead, with the same number of directives. */
  readonly harmless: (index: number, value: string) => string;
  /** A word of the configuration that must be there. */
  readonly word?: (value: string, index: number) => string;
  /** Whether all strings are taken. */
  readonly takesAll?: boolean;
  /** Checks with the running nginx that the value does what it was meant for. */
  readonly arrives?: (site: S, value: string, index: number) => Promise<void>;
}

export interface Kit<S extends Site> {
  readonly newSite: () => S;
  readonly nginx: Omit<NginxOptions, 'files'>;
}

/**
 * Each string is refused at the call with an error that names the prop and the value, or nginx takes the configuration without
 * a warning, with the directives that a harmless string makes.
 */
export async function holds<S extends Site>(kit: Kit<S>, position: Position<S>): Promise<void> {
  const count = { refused: 0, accepted: 0 };
  await forAll(position.values, async (values) => {
    const [site, plain] = [kit.newSite(), kit.newSite()];
    const accepted = values.flatMap((value, index) => {
      position.prepare?.(site, index);
      position.prepare?.(plain, index);
      const error = thrownBy(() => position.put(site, value, index));
      if (error === undefined) {
        position.put(plain, position.harmless(index, value), index);
        return [{ value, index }];
      }
      checkError(error, position.props, value);
      return [];
    });
    count.accepted += accepted.length;
    count.refused += values.length - accepted.length;
    const files = site.files();
    const directives = sameShape(files, plain.files());
    const words = new Set(wordsOf(directives));
    expect(accepted.filter(({ value, index }) => position.word && !words.has(position.word(value, index)))).toEqual([]);
    await served(kit.nginx, files, position.arrives && (() => inTurn(accepted, ({ value, index }) => position.arrives?.(site, value, index))));
  });
  // a property about nothing would hold as well
  expect(count.accepted).toBeGreaterThan(SAMPLES / 20);
  expect(count.refused).toBeGreaterThan(position.takesAll ? -1 : SAMPLES / 10);
}

/** A position of which a site has one. */
export interface SitePosition<S extends Site> extends Pick<Position<S>, 'props' | 'values'> {
  readonly make: (value: string) => S;
  /** Not given where nginx does not read the value. */
  readonly harmless?: (value: string) => string;
  /** Whether the value decides what nginx must be able to do. */
  readonly isVersion?: boolean;
}

/** The same for positions of which a site has one: a site for each string, and only some of them for nginx. */
export async function holdsAlone<S extends Site>(nginx: Kit<S>['nginx'], position: SitePosition<S>): Promise<void> {
  const { harmless } = position;
  const count = { refused: 0, accepted: 0 };
  await forAll(position.values, async (values) => {
    const accepted = values.flatMap((value) => {
      let site: S | undefined;
      const error = thrownBy(() => site = position.make(value));
      if (error !== undefined) {
        checkError(error, position.props, value);
      }
      return site ? [{ value, files: site.files() }] : [];
    });
    const plain = new Map<string, Files>();
    for (const { value, files } of harmless ? accepted : []) {
      const other = harmless?.(value) ?? '';
      plain.set(other, plain.get(other) ?? position.make(other).files());
      sameShape(files, plain.get(other) ?? {});
    }
    count.accepted += accepted.length;
    count.refused += values.length - accepted.length;
    await inTurn(accepted.slice(0, harmless && !position.isVersion ? MOST_CONFIGURATIONS : 0), ({ files }) => served(nginx, files));
  });
  expect(count.accepted).toBeGreaterThan(SAMPLES / 20);
  expect(count.refused).toBeGreaterThan(SAMPLES / 10);
}

type Files = Readonly<Record<string, string>>;

/** Nothing of the user is in the name of a directive, and nothing adds or ends one. */
function sameShape(files: Files, plain: Files): Directive[] {
  const directives = configurations(files).map(parse);
  const [shapes, expected] = [directives.map(shapeOf), configurations(plain).map((text) => shapeOf(parse(text)))];
  if (JSON.stringify(shapes) !== JSON.stringify(expected)) {
    // says what is different, which takes long
    expect(shapes).toEqual(expected);
  }
  return directives.flat();
}

function configurations(files: Files): string[] {
  return Object.entries(files).filter(([path]) => path.endsWith('.conf')).map(([, text]) => text);
}

async function served(nginx: Omit<NginxOptions, 'files'>, files: Files, visit?: () => Promise<void>): Promise<void> {
  const options = { replace: [], ...nginx, files: withPem(files) };
  if (!visit) {
    expect(await Nginx.test(options)).toMatchObject({ ok: true, output: expect.stringContaining('successful') as string });
    return;
  }
  const server = await Nginx.start(options);
  try {
    await visit();
  } finally {
    await server.stop();
  }
}

function thrownBy(call: () => void): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error ?? 'nothing';
  }
}

/** `'prop' is "value": reason`. */
function checkError(error: unknown, props: readonly string[], value: string): void {
  expect(error).toBeInstanceOf(Error);
  const { message, constructor } = error as Error;
  const [, prop = '', said = ''] = /^'([a-zA-Z.]+(?:\[(?:\d+|'[^]*?')\][a-zA-Z.]*)?)' is ([^]*)$/.exec(message) ?? [];
  if (constructor !== Error || !props.includes(prop.replace(/(?:\[\d+\]|\['[^]*'\])$/, ''))) {
    throw new Error(`for ${JSON.stringify(value)} thrown was ${(error as Error).stack}`);
  }
  const shown = said[119] === '…' ? said.slice(1, 119) : /^"((?:[^"\\]|\\.)*)"/.exec(said)?.[1] ?? said;
  const whole = JSON.stringify(value).slice(1, -1);
  // a part of the value where that part is wrong, and more than it where it is a part of a name
  if (!whole.includes(shown) && !shown.includes(whole) && !/^\d+ bytes$/.test(shown)) {
    throw new Error(`${JSON.stringify(value)} is not named in: ${message}`);
  }
}

async function inTurn<T>(values: readonly T[], work: (value: T) => Promise<void> | undefined): Promise<void> {
  // some at a time: each waits for nginx
  const rest = [...values];
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let value = rest.shift(); value !== undefined; value = rest.shift()) {
      await work(value);
    }
  }));
}

const PEM = /^(\s*(?:ssl_certificate|ssl_certificate_key|ssl_client_certificate|proxy_ssl_certificate|proxy_ssl_certificate_key|proxy_ssl_trusted_certificate)\s+)(\/[^\s;"]*)/gm;

/** Puts a certificate or key where each is expected, below a folder of its own: one path may be a folder of another. */
export function withPem(files: Readonly<Record<string, string>>): Record<string, string> {
  const added: Record<string, string> = {};
  const texts = Object.entries(files).map(([path, text]) => [path, text.replace(PEM, (_, start: string, file: string) => {
    const { cert, key } = pair();
    const place = `pem/${Object.keys(added).length}${file}`;
    added[place] = start.trim().endsWith('_key') ? key : cert;
    return `${start}${ROOT}/${place}`;
  })]);
  return { ...Object.fromEntries(texts) as Record<string, string>, ...added };
}

let issued: { cert: string; key: string } | undefined;
function pair(): { cert: string; key: string } {
  return issued ??= authority().issue({ names: ['a.test'] });
}

/** Other tests may listen on the port itself, on all addresses. */
function listened(port: number): number {
  return port + 30_000;
}

/** What is different from a machine or a pod: folders, the user, and an address that only one test file listens on. */
export function relocated(files: Readonly<Record<string, string>>, address: string): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => {
    const here = text.replace(/^user\s.*$/gm, '').replace(/^(\s*listen\s+)(\d+)/gm, (_, start: string, port: string) => `${start}${address}:${listened(Number(port))}`);
    return [path, RELOCATED.reduce((result, [from, to]) => result.split(from).join(to), here)];
  }));
}

/** A response with its bytes as latin1, which has each of them. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** A request to the port that was meant. */
export function ask(address: string, port: number, host: string, path = '/'): Promise<Answer> {
  return new Promise((done, fail) => {
    get({ agent, host: address, port: listened(port), path, headers: { Host: host }, maxHeaderSize: 1 << 17 }, (response: IncomingMessage) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', fail);
      response.on('end', () => {
        const { rawHeaders } = response;
        const headers = rawHeaders.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, rawHeaders[i + 1]]] : []));
        done({ status: response.statusCode ?? 0, headers, body: Buffer.concat(parts).toString('latin1') });
      });
    }).on('error', fail);
  });
}

/** The headers that a backend got, out of its answer. */
export function arrivedAt({ status, body }: Answer): (readonly [name: string, value: string])[] {
  if (status !== 200) {
    throw new Error(`status ${status}: ${body}`);
  }
  return (JSON.parse(Buffer.from(body, 'latin1').toString()) as { headers: [string, string][] }).headers;
}

/** A text as the bytes that it is sent as. */
export function bytesOf(value: string): string {
  return Buffer.from(value).toString('latin1');
}
