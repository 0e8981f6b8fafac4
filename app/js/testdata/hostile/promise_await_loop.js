for (;;) await null
