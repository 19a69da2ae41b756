import { BlockList, isIPv6 } from 'net';
import { checkUnique } from './check-unique';
import { cidr } from './nginx/grammar';
import { refuse } from './refuse';

/** Ranges of addresses, checked; each once and at least one. */
export function checkRanges(prop: string, ranges: string[]): string[] {
  if (!Array.isArray(ranges) || ranges.length === 0) {
    throw refuse(prop, ranges, 'at least one range of addresses is needed; leave it out for everybody');
  }
  const checked = ranges.map((range, i) => cidr(`${prop}[${i}]`, range));
  // nginx warns of a range that is there twice, however it is spelled
  checkUnique(prop, checked.map(canonical), ranges);
  return checked;
}

/** The addresses that are in both lists: of two ranges that overlap, the smaller one. */
export function intersection(some: string[], others: string[]): string[] {
  const within = (ranges: string[], outer: string[]) => ranges.filter((range) => outer.some((other) => contains(other, range)));
  return [...new Set([...within(some, others), ...within(others, some)])];
}

function contains(outer: string, inner: string): boolean {
  const family = isIPv6(inner.split('/')[0]) ? 'ipv6' : 'ipv4';
  const [outerAddress, outerBits] = split(outer);
  const [innerAddress, innerBits] = split(inner);
  if (isIPv6(outerAddress) !== isIPv6(innerAddress) || outerBits > innerBits) {
    return false;
  }
  const list = new BlockList();
  list.addSubnet(outerAddress, outerBits, family);
  return list.check(innerAddress, family);
}

function canonical(range: string): string {
  return split(range).join('/');
}

function split(range: string): [string, number] {
  const [address, bits] = range.split('/');
  return [address, Number(bits ?? (isIPv6(address) ? 128 : 32))];
}
