/** Checks of plain data that came from a file or a form, put together from small ones. Each answers with one sentence, or with undefined where all is well. */

/** What is wrong with the value that stands at this path, as one sentence. */
export type Check = (value: unknown, at: string) => string | undefined;

/** For every kind of a union, a check of every field: the compiler sees to it that none is forgotten. */
export type Kinds<Union extends { kind: string }> = {
  readonly [Kind in Union['kind']]: {
    readonly [Field in Exclude<keyof Extract<Union, { kind: Kind }>, 'kind'>]: Check;
  };
};

export function number(range: string, holds: (x: number) => boolean): Check {
  return (value, at) =>
    typeof value === 'number' && Number.isFinite(value) && holds(value)
      ? undefined
      : `${at} must be a number, ${range}, but is ${shown(value)}.`;
}

export function oneOf<Union extends { kind: string }>(kinds: Kinds<Union>): Check {
  const table: Readonly<Record<string, Readonly<Record<string, Check>>>> = kinds;
  return (value, at) => {
    if (typeof value !== 'object' || value === null)
      return `${at} must be an object, but is ${shown(value)}.`;
    const { kind, ...fields }: Readonly<Record<string, unknown>> = { ...value };
    const checks = typeof kind === 'string' && Object.hasOwn(table, kind) ? table[kind] : undefined;
    if (checks === undefined) {
      return `${at}.kind must be one of ${Object.keys(table).join(', ')}, but is ${shown(kind)}.`;
    }
    const unknown = Object.keys(fields).find((name) => !Object.hasOwn(checks, name));
    if (unknown !== undefined) return `${at} of kind ${kind} has no field ${shown(unknown)}.`;
    for (const [name, check] of Object.entries(checks)) {
      const wrong = check(fields[name], `${at}.${name}`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** A foreign value, short enough for a sentence. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'missing';
    case 'number':
    case 'boolean':
      return String(value);
    case 'string':
      return JSON.stringify(value.slice(0, 40));
    case 'object':
      return value === null ? 'null' : 'an object';
    default:
      return `a ${typeof value}`;
  }
}
