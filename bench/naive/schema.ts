import { z } from 'zod';
import type { Codes } from '../codes.ts';

const scalar = z.union([z.string(), z.number(), z.bigint(), z.boolean()]);

/** The vendor's String, and 64-bit identifiers. */
export const text = scalar.transform(String).nullish();

export const number = z.union([z.number(), z.string()]).transform(Number).nullish();

/** An object with a label beside each code. */
export function labelled<Shape extends z.ZodRawShape>(shape: Shape, codes: Codes) {
  return z.object(shape).transform((row: Record<string, unknown>) => {
    const labels = Object.entries(codes).flatMap(([field, table]) => {
      const code = row[field];
      return code === null || code === undefined ? [] : [[`${field}Label`, table[String(code)] ?? 'unknown']];
    });
    return { ...row, ...Object.fromEntries(labels) };
  });
}
