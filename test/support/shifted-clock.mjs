// Preloaded into a process: its clock is BYOK_TEST_SHIFT milliseconds ahead.
const shift = Number(process.env.BYOK_TEST_SHIFT);
const RealDate = Date;

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shift);
    else super(...args);
  }

  static now() {
    return RealDate.now() + shift;
  }

  // What Node and other libraries made is a date all the same.
  static [Symbol.hasInstance](value) {
    return value instanceof RealDate;
  }
};
