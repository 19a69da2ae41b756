import { balanced } from './nginx/balanced';
import { commentLine } from './nginx/grammar';
import { UncheckedText } from './proxy/model';

/** Directives of the user, of which only braces, quotes and semicolons are checked. */
export function uncheckedText(text: string, reason: string): UncheckedText {
  return { text: balanced('text', text), reason: commentLine('reason', reason) };
}
