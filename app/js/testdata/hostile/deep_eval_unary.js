return eval('!'.repeat(5e5) + '1')
