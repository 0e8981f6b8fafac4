// says too large
return String(eval("1n << 8796093022208n"))
