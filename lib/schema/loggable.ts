import * as z from 'zod/mini';

const loggable = z.registry<Record<string, never>>();

/** Marks a field of an input schema as fit for logs: a coded value or a bounded number, never free text. */
export function logged<Schema extends z.core.$ZodType>(schema: Schema): Schema {
  loggable.add(schema, {});
  return schema;
}

/** The fields of a checked input that its schema marks with `logged`. */
export function loggableFields(
  schema: z.ZodMiniObject,
  input: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schema.shape)
      .filter(([field, fieldSchema]) => loggable.has(fieldSchema) && input[field] !== undefined)
      .map(([field]) => [field, input[field]]),
  );
}
