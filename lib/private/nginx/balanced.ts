import { isPlainText } from './word';
import { refuse } from '../refuse';

/** What separates words for nginx: no other spaces of Unicode do. */
const SPACE = /[ \t\r\n]/;

/**
 * Checks that text is whole directives as nginx reads them: quotes are closed, braces match, and the last directive has its
 * end. Text that is not would change the meaning of what stands around it.
 */
export function balanced(prop: string, text: string): string {
  if (typeof text !== 'string' || !isPlainText(text)) {
    throw refuse(prop, text, 'text without control characters is expected');
  }
  let depth = 0;
  let words = 0;
  let i = 0;
  while (i < text.length) {
    const at = text[i];
    if (SPACE.test(at)) {
      i++;
    } else if (at === '#') {
      i = endOfLine(text, i);
    } else if (at === ';' || at === '{') {
      if (words === 0) {
        throw refuse(prop, text, `a "${at}" has no directive in front of it`);
      }
      depth += at === '{' ? 1 : 0;
      words = 0;
      i++;
    } else if (at === '}') {
      if (words > 0) {
        throw refuse(prop, text, 'a directive in front of "}" has no ";"');
      }
      depth--;
      if (depth < 0) {
        throw refuse(prop, text, 'a "}" closes a block that the text did not open');
      }
      i++;
    } else {
      i = endOfWord(prop, text, i);
      words++;
    }
  }
  if (depth > 0) {
    throw refuse(prop, text, 'a "{" is not closed by a "}"');
  }
  if (words > 0) {
    throw refuse(prop, text, 'the last directive has no ";"');
  }
  return text;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end + 1;
}

/**
 * nginx knows quotes at the start of a word only. In a word braces that follow a dollar sign belong to it, however many, but
 * not where a backslash takes the meaning from the dollar sign.
 */
function endOfWord(prop: string, text: string, start: number): number {
  const quote = text[start];
  const quoted = quote === '"' || quote === '\'';
  let afterDollar = false;
  for (let i = quoted ? start + 1 : start; i < text.length; i++) {
    const at = text[i];
    if (at === '{' && afterDollar) {
      continue;
    }
    afterDollar = at === '$';
    if (at === '\\') {
      i++;
    } else if (quoted ? at === quote : SPACE.test(at) || at === ';' || at === '{') {
      return endOfQuoted(prop, text, i, quoted);
    }
  }
  if (quoted) {
    throw refuse(prop, text, `a quote ${quote} is not closed`);
  }
  return text.length;
}

function endOfQuoted(prop: string, text: string, end: number, quoted: boolean): number {
  if (!quoted) {
    return end;
  }
  if (end + 1 < text.length && !/[ \t\r\n;{)]/.test(text[end + 1])) {
    throw refuse(prop, text, 'behind a closing quote nginx expects a space, ";" or "{"');
  }
  return end + 1;
}
