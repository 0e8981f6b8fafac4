return 'x'.repeat(2e5).replace(/(?=.*y)./g, '')
