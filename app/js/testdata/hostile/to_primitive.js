return [{ [Symbol.toPrimitive]() { for (;;) {} } }].join()
