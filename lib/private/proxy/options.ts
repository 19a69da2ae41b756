import { Duration, Size } from 'cdk8s';
import { Location, Timeouts } from './model';
import { RETRY_CONDITIONS, retryWithin } from './retry';
import { ProxyOptions, RetryPolicy } from '../../proxy-options';
import { kibibytes, milliseconds, oneOf } from '../nginx/grammar';

/** What the options of an entry or a route mean for a location. */
export interface Handling {
  readonly timeouts: Timeouts;
  /** In KiB. */
  readonly maxBodySize: number;
  readonly requestBuffering: boolean;
  readonly conditions: string[];
}

const DEFAULT_BODY_SIZE = Size.mebibytes(16);

/** Checks the options that both gates have; timeouts that are not given are those of the gate. */
export function checkProxyOptions(options: ProxyOptions, defaults: Timeouts): Handling {
  const timeout = (prop: string, value: Duration | undefined, usual: number) => (value ? milliseconds(prop, value) : usual);
  return {
    timeouts: {
      connect: timeout('connectTimeout', options.connectTimeout, defaults.connect),
      send: timeout('sendTimeout', options.sendTimeout, defaults.send),
      read: timeout('readTimeout', options.readTimeout, defaults.read),
    },
    maxBodySize: kibibytes('maxBodySize', options.maxBodySize ?? DEFAULT_BODY_SIZE),
    requestBuffering: options.requestBuffering ?? true,
    conditions: RETRY_CONDITIONS[oneOf('retry', options.retry ?? RetryPolicy.IDEMPOTENT, RetryPolicy)],
  };
}

/** The part of a location that its options decide, for as many members as its upstream has. */
export function handledBy({ conditions, ...handling }: Handling, members: number): Pick<Location, 'timeouts' | 'retry' | 'maxBodySize' | 'requestBuffering'> {
  return { ...handling, retry: retryWithin(conditions, handling.timeouts, members) };
}
