/** The longest word that nginx reads (NGX_CONF_BUFFER less its margin), in bytes as it stands in the file. */
export const LONGEST_WORD = 4094;

/** Words of these characters mean the same with and without quotes. */
const BARE = /^[A-Za-z0-9_./:@%+=,~*^[\]-]+$/;

/** What no quoting can carry: nginx has no escape for them, or they would reach a header as they are. */
// eslint-disable-next-line no-control-regex
export const CONTROL = /[\u0000-\u001f\u007f]/;

/** The control characters for which nginx has an escape. */
const ESCAPES = new Map([['\n', '\\n'], ['\r', '\\r'], ['\t', '\\t']]);

/** A reference to a variable of nginx; it can only be made by name, never out of a user's string. */
export class Variable {
  constructor(public readonly name: string) {
    if (!/^[a-z0-9_]+$/.test(name)) {
      throw new Error(`"${name}" is no name of an nginx variable`);
    }
  }
}

/** The variable that holds a dollar sign: nginx cannot escape one where it expands variables. */
export const DOLLAR = new Variable('gatehouse_dollar');

/**
 * One word of an nginx configuration, as it stands in the file. There are five ways to make one, by what the position
 * in the grammar does with it: `literal` (nothing is expanded), `complex` (variables are expanded, so a dollar sign of the
 * text is written as a variable), `text` (several lines, in which
 * nothing is expanded either), `quoted` (a log format, which is text with variables of our own) and `raw` (read from a file).
 */
export class Word {
  /** Text for a position in which nginx expands no variables. */
  public static literal(value: string | number): Word {
    const text = String(value);
    if (text.includes('$')) {
      throw new Error(`"${text}" has a dollar sign, which this position cannot hold`);
    }
    return new Word(serialize(text));
  }

  /** Text and variables for a position in which nginx expands variables. */
  public static complex(...parts: (string | Variable)[]): Word {
    const pieces = parts.flatMap((part) => (part instanceof Variable ? [part] : splitDollars(part)));
    const bare = pieces.every((piece) => (piece instanceof Variable ? piece !== DOLLAR : BARE.test(piece)));
    const text = pieces.map((piece, i) => (piece instanceof Variable ? reference(piece, pieces[i + 1]) : escape(piece))).join('');
    return new Word(bare && text ? checkLength(text) : quote(text), pieces.includes(DOLLAR));
  }

  /** Text of several lines for a position in which nginx expands no variables, not even after a dollar sign. */
  public static text(value: string): Word {
    return new Word(quote(value.split(/([\n\r\t])/).map((part) => ESCAPES.get(part) ?? escape(part)).join('')));
  }

  /** Text of our own in which `$name` is a variable, in single quotes so that double ones stay readable. */
  public static quoted(text: string): Word {
    if (/['\\]/.test(text) || CONTROL.test(text)) {
      throw new Error(`${text} cannot stand between single quotes`);
    }
    return new Word(checkLength(`'${text}'`));
  }

  /** A word exactly as an nginx file has it. */
  public static raw(text: string): Word {
    return new Word(text);
  }

  private constructor(public readonly text: string, public readonly usesDollar = false) {}
}

/** Whether text of several lines has nothing but characters: no control characters besides line breaks and tabs. */
export function isPlainText(text: string): boolean {
  return !CONTROL.test(text.replace(/[\t\n\r]/g, '')) && isWellFormed(text);
}

/** Whether the text has no half of a surrogate pair, which UTF-8 cannot hold. */
export function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text;
}

/** A variable. */
export function variable(name: string): Variable {
  return new Variable(name);
}

function serialize(text: string): string {
  return BARE.test(text) ? checkLength(text) : quote(escape(text));
}

function escape(text: string): string {
  if (CONTROL.test(text) || !isWellFormed(text)) {
    throw new Error(`${JSON.stringify(text)} has a control character or half a character`);
  }
  return text.replace(/[\\"]/g, '\\$&');
}

function quote(escaped: string): string {
  return checkLength(`"${escaped}"`);
}

function checkLength(word: string): string {
  const bytes = Buffer.byteLength(word);
  if (bytes > LONGEST_WORD) {
    throw new Error(`a word of ${bytes} bytes is longer than the ${LONGEST_WORD} that nginx reads`);
  }
  return word;
}

function splitDollars(text: string): (string | Variable)[] {
  return text.split(/(\$)/).filter(Boolean).map((piece) => (piece === '$' ? DOLLAR : piece));
}

/** Braces keep a variable's name apart from the text that follows it. */
function reference(piece: Variable, next: string | Variable | undefined): string {
  const runsOn = typeof next === 'string' && /^[A-Za-z0-9_]/.test(next);
  return runsOn || piece === DOLLAR ? `\${${piece.name}}` : `$${piece.name}`;
}
