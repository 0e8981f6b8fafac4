return +{ valueOf() { for (;;) {} } }
