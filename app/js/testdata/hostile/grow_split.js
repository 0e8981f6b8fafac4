let s = 'ab'.repeat(1e6);
for (;;) s.split('').join('-').split('-')
