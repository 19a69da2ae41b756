/** The error for a prop that cannot be: what it is, what it was, and what would be allowed. */
export function refuse(prop: string, value: unknown, reason: string): Error {
  return new Error(`'${prop}' is ${show(value)}: ${reason}`);
}

/** A value as an error message can hold it. */
export function show(value: unknown): string {
  const text = value === undefined ? 'not given' : JSON.stringify(value) ?? typeof value;
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
