import { Retry, Timeouts } from './model';

/** No more members than this are tried for one request, so that a request which kills its server does not visit all. */
const MOST_TRIES = 3;
/** Long enough for the tries, and short enough that a slow answer is not asked for again: what was measured as good. */
const USUAL_TIMEOUT = 10_000;

/** Conditions under which a request is repeated, for nginx. */
export const RETRY_CONDITIONS = {
  never: ['off'],
  idempotent: ['error', 'timeout'],
  all: ['error', 'timeout', 'non_idempotent'],
};

/** The retry budget that follows from a location's timeouts and the number of members. */
export function retryWithin(conditions: string[], timeouts: Timeouts, members: number): Retry {
  const tries = Math.min(Math.max(members, 1), MOST_TRIES);
  return { conditions, tries, timeout: budget(timeouts, Math.max(tries, 2)) };
}

/**
 * Members that drop packets cost a connect timeout each, so the last try must still begin within the budget; and the budget
 * ends before the read timeout where that is possible, so that a slow answer is not asked for twice.
 */
function budget({ connect, read }: Timeouts, tries: number): number {
  const lastTryBegins = connect * (tries - 1);
  const comfortable = Math.max(connect * tries, USUAL_TIMEOUT);
  if (comfortable < read) {
    return comfortable;
  }
  if (lastTryBegins + 1 < read) {
    return Math.floor((lastTryBegins + 1 + read) / 2);
  }
  return connect * tries;
}
