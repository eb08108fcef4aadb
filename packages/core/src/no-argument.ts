declare const kNone: unique symbol

/**
 * The type of no value. TypeScript refuses a function with such a parameter as a handler, also without `strict`, where
 * `never` fits every parameter.
 */
export interface NoArgument {
  readonly [kNone]: never
}
