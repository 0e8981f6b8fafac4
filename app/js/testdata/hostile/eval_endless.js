return eval('for (;;) {}')
