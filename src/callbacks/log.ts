/** The part of pino that is used here. */
export interface CallbacksLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
