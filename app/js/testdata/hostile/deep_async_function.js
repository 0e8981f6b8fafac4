return (async () => {}).constructor('return ' + '('.repeat(5e5) + ')'.repeat(5e5))
