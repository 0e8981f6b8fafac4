for (;;) log.info('x')
