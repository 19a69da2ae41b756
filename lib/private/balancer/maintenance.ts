import { Duration } from 'cdk8s';
import { MaintenancePage } from '../../maintenance-page';
import { checkRanges } from '../cidr';
import { seconds } from '../nginx/grammar';
import { isPlainText } from '../nginx/word';
import { Maintenance } from '../proxy/model';
import { refuse } from '../refuse';

const LARGEST_PAGE = 4000;
const PLAIN_PAGE = '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>Maintenance</title></head>\n'
  + '<body><h1>Maintenance</h1><p>Please try again later. / 系统维护中,请稍后再试。</p></body></html>\n';

/** The maintenance page of an entry. */
export function checkMaintenance(name: string, page: MaintenancePage): Maintenance {
  return { name: `${name}_maintenance`, html: checkHtml(page.html ?? PLAIN_PAGE), retryAfter: seconds('maintenancePage.retryAfter', page.retryAfter ?? Duration.minutes(10)) };
}

/** Who gets past the page. */
export function checkBypass({ bypass }: MaintenancePage): string[] {
  return bypass === undefined ? [] : checkRanges('maintenancePage.bypass', bypass);
}

function checkHtml(html: string): string {
  const bytes = typeof html === 'string' ? Buffer.byteLength(html) : 0;
  if (bytes < 1 || bytes > LARGEST_PAGE) {
    throw refuse('maintenancePage.html', `${bytes} bytes`, `a page has 1..${LARGEST_PAGE} bytes`);
  }
  if (!isPlainText(html)) {
    throw refuse('maintenancePage.html', html, 'a page has no control characters but line breaks and tabs');
  }
  return html;
}
