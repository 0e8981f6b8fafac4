return eval('-'.repeat(1) + '1' + '+1'.repeat(4e5))
