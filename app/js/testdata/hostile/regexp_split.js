return 'ab'.repeat(1e6).split(/(?=a)/)
