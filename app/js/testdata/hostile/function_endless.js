return new Function('for (;;) {}')()
