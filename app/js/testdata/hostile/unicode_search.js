return 'я'.repeat(4e6).indexOf('я'.repeat(2e6) + 'x')
