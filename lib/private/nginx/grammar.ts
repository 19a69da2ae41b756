import { isIP, isIPv4, isIPv6 } from 'net';
import { domainToASCII } from 'url';
import { Duration, Size, SizeRoundingBehavior } from 'cdk8s';
import { CONTROL, DOLLAR, isWellFormed, LONGEST_WORD } from './word';
import { refuse } from '../refuse';

/*
 * One function per position of an nginx configuration that a string, a number, a size or a time of the user reaches. Each
 * returns the value as nginx may see it, or throws. Quoting alone is not enough: nginx gives a meaning of its own to many
 * strings (`~…` as a server name, `unix:…` as a target), so each position allows only what it is meant for.
 */

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Timers of nginx are compared as signed 32 bit milliseconds on some platforms: 2^31 ms are 24.8 days. */
const LONGEST_TIME = Duration.days(24);
const LARGEST_SIZE = Size.pebibyte(1);
/** Less than one byte can say, with room for a slash. */
const LONGEST_PATH = 254;
/** Of the file systems of Linux. */
const LONGEST_FILE_NAME = 255;

/** A DNS name: lower-case labels of RFC 1123, in punycode where the name has other letters. */
export function domainName(prop: string, value: string): string {
  if (typeof value !== 'string' || value === '') {
    throw refuse(prop, value, 'a DNS name is expected, such as "example.com"');
  }
  const labels = value.split('.');
  const lastIsNumber = /^\d+$/.test(labels[labels.length - 1]);
  if (value.length <= 253 && labels.every((label) => LABEL.test(label)) && !lastIsNumber) {
    return value;
  }
  throw refuse(prop, value, `a DNS name has labels of a-z, 0-9 and "-", at most 63 characters each, with dots between them and 253 in all${domainHint(value)}`);
}

/** What the user probably meant. */
function domainHint(value: string): string {
  if (value.includes('://')) {
    return '; leave the scheme and the path out';
  }
  if (/^[^:]+:\d+$/.test(value)) {
    return '; the port has a prop of its own';
  }
  if (value.startsWith('*.')) {
    return '; a domain with all its sub-domains belongs into \'wildcardDomains\', without "*."';
  }
  const ascii = domainToASCII(value.replace(/\.$/, '').toLowerCase());
  const valid = ascii !== '' && ascii !== value && ascii.split('.').every((label) => LABEL.test(label));
  return valid ? `; write "${ascii}"` : '';
}

/** A name that users type: a DNS name, or an IPv4 address. */
export function serverName(prop: string, value: string): string {
  return typeof value === 'string' && isStrictIPv4(value) ? value : domainName(prop, value);
}

/** An IP address, without a port; IPv6 without brackets. */
export function ipAddress(prop: string, value: string): string {
  if (typeof value === 'string' && (isStrictIPv4(value) || isPlainIPv6(value))) {
    return isStrictIPv4(value) ? value : canonicalIPv6(value);
  }
  throw refuse(prop, value, 'an IPv4 or IPv6 address without a port is expected, such as "10.10.20.21"');
}

/** A port. */
export function port(prop: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= 65535) {
    return value;
  }
  throw refuse(prop, value, 'the port must be 1..65535');
}

/** Where requests go: what stands before the port, and the port. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** Whether the host is a name, which has to be looked up. */
  readonly isName: boolean;
}

/** `ip[:port]`, `[v6]:port` or `name[:port]`. */
export function target(prop: string, value: string, defaultPort: number): Address {
  const match = typeof value === 'string' ? /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d*))?$/.exec(value) : null;
  if (!match) {
    const fix = typeof value === 'string' && isPlainIPv6(value) ? `; write "[${value}]:${defaultPort}"` : hasScheme(value) ? '; leave the scheme out, it has a prop of its own' : '';
    throw refuse(prop, value, `a target is "ip", "ip:port", "[ipv6]:port" or "name:port"${fix}`);
  }
  const number = match[3] === undefined ? defaultPort : Number(match[3]);
  if (match[3] === '' || number < 1 || number > 65535 || /^0/.test(match[3] ?? '1')) {
    throw refuse(prop, value, 'the port must be 1..65535');
  }
  if (match[1] !== undefined) {
    if (!isPlainIPv6(match[1])) {
      throw refuse(prop, value, 'between the brackets an IPv6 address is expected');
    }
    return { host: canonicalIPv6(match[1]), port: number, isName: false };
  }
  const isName = !isStrictIPv4(match[2]);
  if (isName && /^[0-9.]+$|^0x/i.test(match[2])) {
    throw refuse(prop, value, 'an IPv4 address has four numbers of 0..255 without leading zeros');
  }
  return { host: isName ? domainName(prop, match[2]) : match[2], port: number, isName };
}

/** An address as nginx writes it: IPv6 in brackets, the port always there. */
export function socketAddress(host: string, number: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${number}`;
}

/** A range of addresses: `10.0.0.0/8`; a single address is the range of itself. */
export function cidr(prop: string, value: string): string {
  const [address, bits, ...rest] = typeof value === 'string' ? value.split('/') : [''];
  const family = isStrictIPv4(address) ? 4 : isPlainIPv6(address) ? 6 : 0;
  const widest = family === 6 ? 128 : 32;
  if (family === 0 || rest.length > 0 || (bits !== undefined && (!/^(0|[1-9]\d*)$/.test(bits) || Number(bits) > widest))) {
    throw refuse(prop, value, 'a range of addresses is expected, such as "10.0.0.0/8" or "10.10.20.21"');
  }
  // nginx does not know all spellings of IPv6
  const spelled = family === 6 ? canonicalIPv6(address) : address;
  if (bits === undefined) {
    return spelled;
  }
  const network = networkOf(spelled, family, Number(bits));
  if (network !== `${spelled}/${bits}`) {
    throw refuse(prop, value, `the address has bits behind the prefix: write "${network}"`);
  }
  return network;
}

/** The range that an address lies in, with the address as it was where it already is the range's first. */
function networkOf(address: string, family: number, bits: number): string {
  const bytes = addressBytes(address, family);
  const masked = bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * i))) & 0xff);
  if (masked.every((byte, i) => byte === bytes[i])) {
    return `${address}/${bits}`;
  }
  const groups = family === 4 ? masked : masked.filter((_, i) => i % 2 === 0).map((high, i) => high * 256 + masked[2 * i + 1]);
  return family === 4 ? `${groups.join('.')}/${bits}` : `${compress(groups)}/${bits}`;
}

function addressBytes(address: string, family: number): number[] {
  if (family === 4) {
    return address.split('.').map(Number);
  }
  const v4 = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const tail = v4 ? v4[2].split('.').map(Number) : [];
  const text = v4 ? `${v4[1]}${(tail[0] * 256 + tail[1]).toString(16)}:${(tail[2] * 256 + tail[3]).toString(16)}` : address;
  const [head, rest] = text.split('::');
  const parse = (part: string | undefined) => (part ? part.split(':').map((group) => parseInt(group, 16)) : []);
  const left = parse(head);
  const right = parse(rest);
  const groups = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

function compress(groups: number[]): string {
  return canonicalIPv6(groups.map((group) => group.toString(16)).join(':'));
}

/** The one way to write an IPv6 address (RFC 5952), so that two spellings are seen to be one address. */
function canonicalIPv6(value: string): string {
  return new URL(`http://[${value}]`).hostname.slice(1, -1);
}

/** The name of a header: a token of RFC 9110. */
export function headerName(prop: string, value: string): string {
  if (typeof value === 'string' && value.length <= 100 && /^[A-Za-z0-9!#%&'*+.^_`|~-]+$/.test(value)) {
    return value;
  }
  throw refuse(prop, value, 'the name of a header has 1..100 characters of A-Z, a-z, 0-9, "-" and "_"');
}

/** The value of a header: one line, without white space around it, which HTTP would cut. */
export function headerValue(prop: string, value: string): string {
  if (typeof value !== 'string' || value === '') {
    throw refuse(prop, value, 'a value of at least one character is expected; removing a header is \'removeHeader\'');
  }
  if (CONTROL.test(value) || !isWellFormed(value)) {
    throw refuse(prop, value, 'the value of a header has no line break, no other control character and no half character');
  }
  if (value !== value.replace(/^ +| +$/g, '')) {
    throw refuse(prop, value, 'spaces at the start or the end of a header\'s value are lost on the way: leave them out');
  }
  return fitsWord(prop, value);
}

/** A path of the request: `/` or `/a/b`, without a slash at the end. */
export function locationPath(prop: string, value: string): string {
  const wrong = (reason: string) => refuse(prop, value, reason);
  if (typeof value !== 'string' || !value.startsWith('/')) {
    throw wrong('a path starts with "/"');
  }
  if (value.length > 1 && value.endsWith('/')) {
    throw wrong(`a path has no slash at the end: "${value.replace(/\/+$/, '') || '/'}" is that path and everything below it`);
  }
  if (!/^[A-Za-z0-9._~!&'()*+,=:@/-]*$/.test(value)) {
    throw wrong('a path has the characters A-Z, a-z, 0-9 and . _ ~ - ! & \' ( ) * + , = : @ only, and no query');
  }
  if (value.length > 1 && value.slice(1).split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw wrong('a path has no "//", "/./" or "/../", since nginx resolves them in the request first');
  }
  if (value.length > LONGEST_PATH) {
    throw wrong(`a path has at most ${LONGEST_PATH} characters: nginx before 1.23 keeps the length of a location in one byte, and takes a longer one for another`);
  }
  return value;
}

/** A file on the machine or in the pod, by its absolute path. */
export function filePath(prop: string, value: string, path: string = value): string {
  const parts = typeof path === 'string' ? path.split('/').slice(1) : [];
  if (typeof path !== 'string' || !/^(\/[A-Za-z0-9._@+-]+)+$/.test(path) || parts.includes('..') || parts.includes('.') || path.length > 4000) {
    throw refuse(prop, value, 'an absolute path is expected, of A-Z, a-z, 0-9 and . _ @ + - between the slashes, without "..": "/etc/nginx/conf.d/ssl/cluster.k8s.pem"');
  }
  if (parts.some((part) => part.length > LONGEST_FILE_NAME)) {
    throw refuse(prop, value, `what stands between two slashes has at most ${LONGEST_FILE_NAME} characters`);
  }
  return value;
}

/** A file of our own that is named after a value. */
export function fileNamedAfter(prop: string, value: string, file: string): string {
  if (file.length > LONGEST_FILE_NAME) {
    throw refuse(prop, value, `a file is named after it, ${file}, and the name of a file has at most ${LONGEST_FILE_NAME} characters`);
  }
  return file;
}

/** A name of our own in the configuration: an upstream, a zone, a part of a log file's name. */
export function identifier(prop: string, value: string): string {
  if (typeof value === 'string' && LABEL.test(value)) {
    return value;
  }
  throw refuse(prop, value, 'a name has 1..63 characters of a-z, 0-9 and "-", and starts and ends with a letter or a digit');
}

/** A part of a file's name. */
export function fileNamePart(prop: string, value: string): string {
  if (typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(value)) {
    return value;
  }
  throw refuse(prop, value, '1..63 characters of A-Z, a-z, 0-9 and . _ - are allowed, and the first is a letter or a digit, since a file is named after it');
}

/** A Unix user. */
export function userName(prop: string, value: string): string {
  if (typeof value === 'string' && /^[a-z_][a-z0-9_-]{0,31}$/.test(value)) {
    return value;
  }
  throw refuse(prop, value, 'a Unix user has 1..32 characters of a-z, 0-9, "_" and "-", and no digit first, such as "nginx" or "www-data"');
}

/** Text that becomes a comment. */
export function commentLine(prop: string, value: string): string {
  if (typeof value === 'string' && value.trim() !== '' && !CONTROL.test(value) && isWellFormed(value)) {
    return value.trim();
  }
  throw refuse(prop, value, 'one line of text is expected');
}

/** A size in kibibytes; 0 would mean "unlimited". */
export function kibibytes(prop: string, value: Size): number {
  const number = value.toKibibytes({ rounding: SizeRoundingBehavior.NONE });
  if (!Number.isInteger(number) || number < 1 || number > LARGEST_SIZE.toKibibytes()) {
    throw refuse(prop, `${number} KiB`, 'a whole number of kibibytes from 1 KiB to 1 PiB is expected; nginx would take 0 as "unlimited"');
  }
  return number;
}

/** A size as nginx writes it. */
export function size(kibibytes: number): string {
  return kibibytes % 1024 === 0 ? `${kibibytes / 1024}m` : `${kibibytes}k`;
}

/** A time in milliseconds; 0 would mean "at once". */
export function milliseconds(prop: string, value: Duration): number {
  const time = value.toMilliseconds({ integral: false });
  if (!Number.isInteger(time) || time < 1 || time > LONGEST_TIME.toMilliseconds()) {
    throw refuse(prop, `${time} ms`, 'a whole number of milliseconds from 1 ms to 24 days is expected; nginx would take 0 as "at once"');
  }
  return time;
}

/** A time as nginx writes it. */
export function time(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** A value of an enum; a program without types may say anything. */
export function oneOf<T extends string>(prop: string, value: T, choices: { [name: string]: T }): T {
  if (Object.values(choices).includes(value)) {
    return value;
  }
  throw refuse(prop, value, `${Object.values(choices).map((choice) => `"${choice}"`).join(' or ')} is expected`);
}

/** A rate as nginx writes it, which knows whole numbers only. */
export function rate(perMinute: number): string {
  return perMinute % 60 === 0 ? `${perMinute / 60}r/s` : `${perMinute}r/m`;
}

/** A time in whole seconds above 0. */
export function seconds(prop: string, value: Duration): number {
  const number = value.toSeconds({ integral: false });
  if (!Number.isInteger(number) || number < 1) {
    throw refuse(prop, `${number} s`, 'a whole number of seconds above 0 is expected');
  }
  return number;
}

/** A whole number within bounds. */
export function integer(prop: string, value: number, lowest: number, highest: number): number {
  if (Number.isInteger(value) && value >= lowest && value <= highest) {
    return value;
  }
  throw refuse(prop, value, `a whole number from ${lowest} to ${highest} is expected`);
}

/** nginx reads words of at most 4,094 bytes, with their quotes and with what stands for the characters that need it. */
export function fitsWord(prop: string, value: string): string {
  const written = value.replace(/[\\"]/g, '\\$&').replace(/\$/g, `\${${DOLLAR.name}}`);
  if (Buffer.byteLength(written) > LONGEST_WORD - 2) {
    throw refuse(prop, value, `it is longer than nginx reads: ${LONGEST_WORD - 2} bytes, of which a quote or a backslash takes 2 and "$" takes ${DOLLAR.name.length + 3}`);
  }
  return value;
}

function hasScheme(value: unknown): boolean {
  return typeof value === 'string' && value.includes('://');
}

/** Four numbers without leading zeros; nothing that a C library would read as an address besides. */
function isStrictIPv4(value: string): boolean {
  return isIPv4(value);
}

/** IPv6 without a zone, which is a matter of one machine. */
function isPlainIPv6(value: string): boolean {
  return isIP(value) === 6 && !value.includes('%');
}
