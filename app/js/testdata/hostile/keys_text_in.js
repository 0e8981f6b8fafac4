// says The script ran longer than
for (const k in new String("x".repeat(3e7))) {}
