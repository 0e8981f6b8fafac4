return `${{ toString() { for (;;) {} } }}`
